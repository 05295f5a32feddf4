import { printable } from '../../platform/printable.ts'
import type { Message } from '../message.ts'
import { cutBytes } from './cut-bytes.ts'

/** Breaks a word in two for programs that look for it, and for no reader: a zero-width space. */
const INVISIBLE = '\u200b'

/**
 * A message as one line of IRC, of at most `most` bytes. Nothing in it is a control character, so no name in it ends the
 * line, begins a CTCP or changes colours. It begins with the severity, so it is no command for another bot. The clients of
 * `nicks` do not find their nick in it, so nobody is called by the name of a project.
 */
export function ircLine(message: Message, most: number, nicks: readonly string[]): string {
  const text = printable(message.text.trim().replaceAll(/\s+/g, ' '))
  return cutBytes(withoutNicks(`[${message.severity}] ${text}`, nicks), most)
}

function withoutNicks(text: string, nicks: readonly string[]): string {
  const sought = nicks.filter((nick) => nick.length > 1).map(RegExp.escape)
  if (sought.length === 0) return text
  const words = new RegExp(`(?<![\\p{L}\\p{N}])(?:${sought.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
  return text.replaceAll(words, (nick) => nick[0] + INVISIBLE + nick.slice(1))
}
