import { printable } from '../../platform/printable.ts'

/** What stands where a text is empty: most chats refuse a message with an empty field. */
const NOTHING = '–'

/** An invisible character that ends a word. */
const BREAK = '\u{200b}'

/**
 * A text as one line of at most `limit` UTF-16 units, never empty. What a viewer would act on is escaped as in `printable`.
 * `escapeOne` escapes one character; the limit is that of the escaped text. A text that is cut ends with `…`.
 */
export function line(text: string, limit: number, escapeOne: EscapeOne = asIs): string {
  return cut(shown(text, limit), limit, escapeOne)
}

/** The same for a chat that sees mentions and links in any text: none is left. */
export function inertLine(text: string, limit: number, escapeOne: EscapeOne = asIs): string {
  return cut(defuse(shown(text, limit)), limit, escapeOne)
}

type EscapeOne = (character: string) => string
const asIs: EscapeOne = (character) => character

// Every character has a unit at least, so what stands behind the limit is never shown.
const shown = (text: string, limit: number): string => printable(text.slice(0, limit + 1)).trim() || NOTHING

/** Cuts a text between characters, as `line` does, and leaves the rest as it is. */
export function cut(text: string, limit: number, escapeOne: EscapeOne = asIs): string {
  let all = ''
  let short = ''
  for (const character of text) {
    const escaped = escapeOne(character)
    if (all.length + escaped.length > limit) return `${short}…`
    all += escaped
    if (all.length < limit) short = all
  }
  return all
}

/** Breaks what chats take for a mention or a link by itself. Digests stay as they are: people copy them. */
export const defuse = (text: string): string =>
  text
    .replaceAll(/@(?!sha(256|512):)/g, `@${BREAK}`)
    .replaceAll('://', `:${BREAK}//`)
    .replaceAll(/www\.|mailto:/gi, (word) => `${word.slice(0, -1)}${BREAK}${word.slice(-1)}`)

/** Escapes Markdown's punctuation with a backslash (CommonMark 0.31, 2.4). */
export const escapeMarkdown = (character: string): string =>
  /[\\`*_{}[\]()<>#+|~&!$-]/.test(character) ? `\\${character}` : character

/** Escapes what HTML, and Slack's mrkdwn, act on. */
export function escapeMarkup(character: string): string {
  return { '&': '&amp;', '<': '&lt;', '>': '&gt;' }[character] ?? character
}
