//! Draws: scales with round ticks, and from them lines, intervals, heat maps, reliability diagrams and gains.
//!
//! The modules know numbers and names, not runs. Every drawing goes through [`canvas::Canvas`], which escapes text and
//! refuses coordinates that are not finite.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod frame;
pub(crate) mod gain;
pub(crate) mod grid;
pub(crate) mod heat_map;
pub(crate) mod interval;
pub(crate) mod legend;
pub(crate) mod lines;
pub(crate) mod reliability;
