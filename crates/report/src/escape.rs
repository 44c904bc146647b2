//! Turns text from outside into text that HTML and SVG show and never obey.
//!
//! Markup and quotes become entities. Characters that are invisible, that reorder their neighbours, or that XML forbids
//! become a visible code such as `⟨U+202E⟩`, so that nobody is shown something other than what is there.

/// Escapes a name or any other text of one line; line breaks become visible codes too.
pub(crate) fn line(text: &str) -> String {
    escaped(text, |_| false)
}

/// Escapes text of many lines, such as a recipe; line feeds and tabs stay.
pub(crate) fn block(text: &str) -> String {
    escaped(text, |character| matches!(character, '\n' | '\t'))
}

/// Cuts a name to a number of characters, with an ellipsis in the middle: names often differ only at their end. To be
/// escaped afterwards.
pub(crate) fn shortened(text: &str, characters: usize) -> String {
    let all: Vec<char> = text.chars().collect();
    if all.len() <= characters {
        return text.to_owned();
    }
    let kept = characters.saturating_sub(1);
    let tail = kept / 2;
    let head = all.iter().take(kept - tail);
    head.chain(&['…']).chain(all.iter().skip(all.len() - tail)).collect()
}

fn escaped(text: &str, kept: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other if kept(other) || !is_deceptive(other) => out.push(other),
            other => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(other))),
        }
    }
    out
}

/// Whether a character hides itself or changes the order or the place of others. The joiners U+200C and U+200D are not
/// among them: Persian and emoji cannot be spelt without.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(
            u32::from(character),
            0x00AD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180E | 0x200B | 0x200E | 0x200F
            | 0x2028..=0x202E
            | 0x2060..=0x206F
            | 0x3164 | 0xFEFF | 0xFFA0
            | 0xFFF9..=0xFFFB
            | 0xE0000..=0xE007F
        )
        // Every plane ends in two code points that are no characters; XML refuses U+FFFE and U+FFFF.
        || u32::from(character) & 0xFFFE == 0xFFFE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_quotes_become_entities() {
        assert_eq!(line(r#"<b a="1" c='2'>&"#), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;");
    }

    #[test]
    fn what_hides_or_reorders_is_made_visible() {
        assert_eq!(
            line("a\u{202E}b\u{200B}\u{7}\u{1b}[31m"),
            "a⟨U+202E⟩b⟨U+200B⟩⟨U+0007⟩⟨U+001B⟩[31m"
        );
        assert_eq!(
            line("a\nb\r\t\u{FFFF}\u{E0041}"),
            "a⟨U+000A⟩b⟨U+000D⟩⟨U+0009⟩⟨U+FFFF⟩⟨U+E0041⟩"
        );
    }

    #[test]
    fn a_block_keeps_its_lines_and_nothing_else() {
        assert_eq!(block("a = 1\n\tb\r\u{2066}"), "a = 1\n\tb⟨U+000D⟩⟨U+2066⟩");
    }

    #[test]
    fn ordinary_writing_stays_as_it_is() {
        for name in ["Ångström", "שלום", "می‌خواهم", "猫", "👩‍🔬", "T-shirt/top"]
        {
            assert_eq!(line(name), name);
        }
    }

    #[test]
    fn a_long_name_is_cut_by_characters_not_bytes() {
        assert_eq!(shortened("ééééé", 5), "ééééé");
        assert_eq!(shortened("äbcdéfgh", 6), "äbc…gh");
        assert_eq!(shortened("abc", 1), "…");
        assert_eq!(shortened("abc", 0), "…");
    }
}
