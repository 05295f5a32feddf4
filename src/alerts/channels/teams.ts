import type { Channel } from '../channel.ts'
import type { Message, Severity } from '../message.ts'
import { abridge, footerOf, LENGTH } from './abridge.ts'
import type { HookOptions } from './hook.ts'
import { makeHookChannel } from './hook-channel.ts'
import { inertLine } from './plain.ts'

/** Microsoft Teams takes messages of 28 KB. */
const MOST_BYTES = 28 * 1024

const COLOUR: Record<Severity, string> = {
  ...{ info: 'Good', resolved: 'Good', warning: 'Warning', critical: 'Attention' },
}

/** A workflow of Microsoft Teams that posts an Adaptive Card. It cannot edit, so every message is a new one. */
export function makeTeamsChannel(options: HookOptions): Channel {
  return makeHookChannel(options, contentOf)
}

/**
 * The envelope of an incoming webhook of Teams, with one Adaptive Card (https://adaptivecards.io/explorer). All texts are runs
 * of a RichTextBlock: unlike a TextBlock and a FactSet, it reads no Markdown. Parts at the end are left out if it is too large.
 */
function contentOf(message: Message) {
  const { title, text, severity, facts, lists, sparkline, links } = abridge(message)
  const parts = [
    block([run(title, LENGTH.title, { size: 'Large', weight: 'Bolder', color: COLOUR[severity] })]),
    block([run(text, LENGTH.text)]),
    ...facts.map(({ label, value }) =>
      block([run(label, LENGTH.label, { weight: 'Bolder' }), space, run(value, LENGTH.value)]),
    ),
    ...(sparkline
      ? [
          block([
            run(sparkline.title, LENGTH.label, { weight: 'Bolder' }),
            space,
            run(sparkline.text, LENGTH.item),
          ]),
        ]
      : []),
    ...lists.flatMap(({ title: heading, items }) => [
      block([run(heading, LENGTH.label, { weight: 'Bolder' })]),
      ...items.map((item) => block([run(`• ${item}`, LENGTH.item)])),
    ]),
  ]
  const footer = block([run(footerOf(message), LENGTH.value, { size: 'Small', isSubtle: true })])
  const actions = links.map((link) => ({
    ...{ type: 'Action.OpenUrl', title: inertLine(link.text, LENGTH.label), url: link.url },
  }))
  for (let length = parts.length; ; length--) {
    const content = envelope([...parts.slice(0, length), footer], actions)
    if (length === 0 || Buffer.byteLength(JSON.stringify(content)) <= MOST_BYTES) return content
  }
}

const envelope = (body: object[], actions: object[]) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      contentUrl: null,
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        ...{ type: 'AdaptiveCard', version: '1.4', body },
        ...(actions.length > 0 && { actions }),
      },
    },
  ],
})

const block = (inlines: object[]) => ({ type: 'RichTextBlock', inlines })

const run = (text: string, limit: number, style: object = {}) => ({
  ...{ type: 'TextRun', text: inertLine(text, limit), ...style },
})

const space = { type: 'TextRun', text: ' ' }
