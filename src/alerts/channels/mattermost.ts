import type { Channel } from '../channel.ts'
import type { Message } from '../message.ts'
import { abridge, footerOf, LENGTH } from './abridge.ts'
import type { HookOptions } from './hook.ts'
import { makeHookChannel } from './hook-channel.ts'
import { escapeMarkdown, inertLine } from './plain.ts'
import { COLOUR } from './slack-content.ts'

/** A Mattermost incoming webhook. It cannot edit, so every message is a new one. */
export function makeMattermostChannel(options: HookOptions): Channel {
  return makeHookChannel(options, contentOf)
}

/**
 * A message attachment (https://developers.mattermost.com/integrate/reference/message-attachments). Mattermost mentions people
 * in every text and reads Markdown in most, so each text is escaped. A post has at most 16,383 characters.
 */
function contentOf(message: Message) {
  const { title, text, severity, facts, lists, sparkline, links } = abridge(message)
  const paragraphs = [
    escaped(text, LENGTH.text),
    ...lists.map(({ title: heading, items }) =>
      [
        `**${escaped(heading, LENGTH.label)}**`,
        ...items.map((item) => `- ${escaped(item, LENGTH.item)}`),
      ].join('\n'),
    ),
    ...(sparkline
      ? [`${escaped(sparkline.title, LENGTH.label)}: ${escaped(sparkline.text, LENGTH.item)}`]
      : []),
    ...(links.length > 0
      ? [links.map((link) => `[${escaped(link.text, LENGTH.label)}](<${link.url}>)`).join(' · ')]
      : []),
  ]
  const heading = escaped(title, LENGTH.title)
  return {
    attachments: [
      {
        color: COLOUR[severity],
        fallback: escaped(text, LENGTH.text),
        title: heading,
        text: paragraphs.join('\n\n'),
        fields: facts.map(({ label, value }) => ({
          ...{ short: true, title: escaped(label, LENGTH.label), value: escaped(value, LENGTH.value) },
        })),
        footer: footerOf(message),
      },
    ],
  }
}

const escaped = (text: string, limit: number): string => inertLine(text, limit, escapeMarkdown)
