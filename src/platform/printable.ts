/**
 * What a terminal or a viewer of logs would act on instead of showing it: C0 and C1 controls, the line separators of Unicode,
 * marks that change the direction of text (the "Trojan Source" characters), invisible characters, and lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/** Text from outside, safe to print in one line: each unprintable character becomes `\u{hex}`. */
export const printable = (text: string): string =>
  text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)

/**
 * A value as JSON, indented or with 0 in one line, safe to print: what `printable` escapes becomes `\uXXXX`, so a parser reads the same value.
 * The line breaks of the layout stay; JSON has none inside a string.
 */
export const printableJson = (value: unknown, indent = 2): string =>
  JSON.stringify(value, null, indent).replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : character.split('').map(escapeUnit).join(''),
  )

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
