import type { Message, Severity } from '../message.ts'
import { abridge, footerOf, LENGTH } from './abridge.ts'
import { escapeMarkup, line } from './plain.ts'

/** Slack's colours good, warning and danger. */
export const COLOUR: Record<Severity, string> = {
  ...{ info: '#2eb886', resolved: '#2eb886', warning: '#daa038', critical: '#a30200' },
}

/** Facts in a section of Block Kit, at most. */
const FIELDS = 10

/**
 * A message in Block Kit (https://docs.slack.dev/reference/block-kit). All texts are `plain_text`, in which Slack sees no
 * mention, link or markup. Its limits are 150 characters for a header, 3,000 for a section, ten fields of 2,000 each, and 50
 * blocks. `text` is for notifications.
 */
export function slackContent(message: Message) {
  const { title, text, severity, facts, lists, sparkline, links } = abridge(message)
  const fields = facts.map(({ label, value }) =>
    plain(`${escaped(label, LENGTH.label)}\n${escaped(value, LENGTH.value)}`),
  )
  const details = [
    ...(fields.length > 0 ? [{ type: 'section', fields: fields.slice(0, FIELDS) }] : []),
    ...lists.map(({ title: heading, items }) =>
      section(
        [heading, ...items.map((item) => `• ${item}`)].map((one) => escaped(one, LENGTH.item)).join('\n'),
      ),
    ),
    ...(sparkline
      ? [section(`${escaped(sparkline.title, LENGTH.label)}\n${escaped(sparkline.text, LENGTH.item)}`)]
      : []),
    ...(links.length > 0 ? [linkBlock(links)] : []),
    { type: 'context', elements: [plain(escaped(footerOf(message), LENGTH.value))] },
  ]
  return {
    text: escaped(text, LENGTH.text),
    mrkdwn: false,
    blocks: [
      { type: 'header', text: plain(escaped(title, LENGTH.title)) },
      section(escaped(text, LENGTH.text)),
    ],
    attachments: [
      { color: COLOUR[severity], fallback: escaped(footerOf(message), LENGTH.value), blocks: details },
    ],
  }
}

/** Escapes Slack's three control characters. Without this, `<!channel>` in `text` would notify everybody. */
export const escaped = (text: string, limit: number): string => line(text, limit, escapeMarkup)

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })

const section = (text: string) => ({ type: 'section', text: plain(text) })

/** Links as rich text, which has no markup: Slack shows their texts as they are. */
function linkBlock(links: Message['links']) {
  const elements = links.flatMap(({ text, url }, at) => [
    ...(at > 0 ? [{ type: 'text', text: '  ·  ' }] : []),
    { type: 'link', url, text: line(text, LENGTH.label) },
  ])
  return { type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }
}
