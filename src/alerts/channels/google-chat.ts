import { jobId } from '../../queue/job-id.ts'
import type { Channel } from '../channel.ts'
import type { Message } from '../message.ts'
import { abridge, footerOf, LENGTH } from './abridge.ts'
import { type HookOptions, makeHook } from './hook.ts'
import { escapeMarkup, inertLine, line } from './plain.ts'

/** Google Chat takes one message a second from the webhooks of a space. */
const PACE_MS = 1_000

/** A webhook of a space of Google Chat. It cannot edit; messages about one subject are in one thread. */
export function makeGoogleChatChannel(options: HookOptions): Channel {
  const hook = makeHook({ ...options, paceMs: PACE_MS })
  const url = new URL(hook.url)
  // Without it, Google Chat ignores the key of the thread.
  url.searchParams.set('messageReplyOption', 'REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD')
  return { name: options.name, send: (message) => hook.post(contentOf(message), { url }), check: hook.check }
}

/**
 * A card (https://developers.google.com/workspace/chat/api/reference/rest/v1/cards). A message has at most 32,000 bytes. Texts
 * of widgets read some HTML, so they are escaped. There is no `text`, in which people could be mentioned.
 */
function contentOf(message: Message) {
  const { title, text, facts, lists, sparkline, links } = abridge(message)
  const widgets = [
    paragraph(escaped(text, LENGTH.text)),
    ...facts.map(({ label, value }) => ({
      decoratedText: {
        topLabel: inertLine(label, LENGTH.label),
        text: escaped(value, LENGTH.value),
        wrapText: true,
      },
    })),
    ...(sparkline
      ? [
          {
            decoratedText: {
              topLabel: inertLine(sparkline.title, LENGTH.label),
              text: escaped(sparkline.text, LENGTH.item),
            },
          },
        ]
      : []),
    ...lists.map(({ title: heading, items }) =>
      paragraph(
        [
          `<b>${escaped(heading, LENGTH.label)}</b>`,
          ...items.map((item) => `• ${escaped(item, LENGTH.item)}`),
        ].join('\n'),
      ),
    ),
    ...(links.length > 0 ? [{ buttonList: { buttons: links.map(button) } }] : []),
  ]
  return {
    fallbackText: inertLine(text, LENGTH.text),
    cardsV2: [
      {
        cardId: message.id,
        card: {
          header: {
            title: inertLine(title, LENGTH.title),
            subtitle: line(footerOf(message), LENGTH.value),
          },
          sections: [{ widgets }],
        },
      },
    ],
    thread: { threadKey: jobId(message.subject) },
  }
}

const paragraph = (text: string) => ({ textParagraph: { text } })

const button = ({ text, url }: Message['links'][number]) => ({
  ...{ text: inertLine(text, LENGTH.label), onClick: { openLink: { url } } },
})

const escaped = (text: string, limit: number): string => inertLine(text, limit, escapeMarkup)
