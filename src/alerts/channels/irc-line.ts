import { printable } from '../../platform/printable.ts'
import type { Message } from '../message.ts'
import { cutBytes } from './cut-bytes.ts'
import { defuse } from './plain.ts'

/** Breaks a word in two for programs that look for it, and for no reader: a zero-width space. */
const INVISIBLE = '\u200b'

/** The longest link that is shown, in bytes. */
const LINK_BYTES = 150

/**
 * A message as one line of IRC, of at most `most` bytes, with its first link. Nothing in it is a control character, so no
 * name in it ends the line, begins a CTCP or changes colours. It begins with the severity, so it is no command for another
 * bot. The clients of `nicks` do not find their nick in it, so nobody is called by the name of a project.
 */
export function ircLine(message: Message, most: number, nicks: readonly string[]): string {
  const { severity, links } = message
  const url = links[0]?.url ?? ''
  const link = url === '' || Buffer.byteLength(url) > LINK_BYTES ? '' : ` ${printable(url)}`
  const text = defuse(printable(message.text.trim().replaceAll(/\s+/g, ' ')))
  const head = `[${severity}] `
  return head + fitted(withoutNicks(text, nicks), most - Buffer.byteLength(head + link), nicks) + link
}

/** The beginning of a text in `most` bytes. A cut may leave a nick of a longer word: to hide it takes room again. */
function fitted(text: string, most: number, nicks: readonly string[]): string {
  if (Buffer.byteLength(text) <= most) return text
  for (let room = most; ; room--) {
    const cut = withoutNicks(cutBytes(text, room), nicks)
    if (Buffer.byteLength(cut) <= most) return cut
  }
}

function withoutNicks(text: string, nicks: readonly string[]): string {
  const sought = nicks.filter((nick) => nick.length > 1).map(RegExp.escape)
  if (sought.length === 0) return text
  const words = new RegExp(`(?<![\\p{L}\\p{N}])(?:${sought.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
  return text.replaceAll(words, (nick) => nick[0] + INVISIBLE + nick.slice(1))
}
