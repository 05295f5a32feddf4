/**
 * What a terminal or a viewer of logs would act on instead of showing it: C0 and C1 controls, the line separators of Unicode,
 * marks that change the direction of text (the "Trojan Source" characters), invisible characters, and lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Text from outside, safe to print in one line: each unprintable character becomes `\u{hex}`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
