import { createHash } from 'node:crypto'
import type { Message } from '../message.ts'
import { line } from './plain.ts'
import { htmlText, plainText, shownOf } from './shown.ts'

const COLOUR = { info: '#4a5568', resolved: '#2e7d32', warning: '#b7791f', critical: '#c53030' }

/**
 * The headers and the two bodies of a mail. `domain` is that of the sender. The id is that of the message, so it is the same
 * in each attempt. All mails about one subject refer to one id, that of no mail, so mail programs show them as a thread.
 */
export function emailOf(message: Message, domain: string) {
  const { id, severity, type, subject, title } = message
  const thread = `<thread-${createHash('sha256').update(subject).digest('hex').slice(0, 32)}@${domain}>`
  const shown = shownOf(message)
  return {
    messageId: `<${id}@${domain}>`,
    inReplyTo: thread,
    references: thread,
    subject: `[Tallyman] ${severity}: ${line(title, 150)}`,
    headers: {
      // No answer, such as that of somebody on holiday, comes back (RFC 3834, section 5; the other is Exchange's).
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      'X-Tallyman-Type': line(type, 100),
    },
    text: `${plainText(shown)}\n`,
    html: [
      '<!DOCTYPE html><html><head><meta charset="utf-8"></head>',
      `<body style="font-family:sans-serif;border-left:6px solid ${COLOUR[severity]};padding-left:12px">`,
      htmlText(shown),
      '</body></html>',
    ].join('\n'),
  }
}
