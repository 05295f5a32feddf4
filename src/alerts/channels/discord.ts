import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Channel, ChannelMemory } from '../channel.ts'
import { ChannelError } from '../channel-error.ts'
import type { Message } from '../message.ts'
import { abridge, footerOf } from './abridge.ts'
import { type HookOptions, makeHook } from './hook.ts'
import { escapeMarkdown, inertLine } from './plain.ts'
import { isWorse, makePosted, type Posted } from './posted.ts'
import { COLOUR } from './slack-content.ts'
import { wasThere } from './was-there.ts'

const Created = Type.Object({ id: Type.String({ pattern: '^\\d{1,20}$' }) })

/**
 * A Discord webhook. A message about a subject is edited in place when its state gets better, until it is resolved. What is
 * worse than before is a new message, since Discord notifies nobody of an edit.
 */
export function makeDiscordChannel(options: HookOptions & { memory: ChannelMemory }): Channel {
  const { name, memory } = options
  const hook = makeHook(options)
  const posted = makePosted(memory)

  /** The URL of what stands below that of the webhook. Its query, such as `thread_id`, stays. */
  function below(path: string): URL {
    const url = new URL(hook.url)
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`
    // With it, Discord answers with the message, or says what is wrong with it.
    url.searchParams.set('wait', 'true')
    return url
  }

  async function post(message: Message): Promise<string> {
    const answer = await hook.ask(contentOf(message, undefined), { url: below('') })
    if (Value.Check(Created, answer)) return answer.id
    const reason = `channel ${name} at ${hook.url.host} answered otherwise than Discord does`
    throw new ChannelError(reason, { channel: name, status: 200, retry: true })
  }

  /** Gives whether the message could be edited: it may have been deleted. */
  const edit = (current: Posted, message: Message): Promise<boolean> =>
    wasThere(
      hook.post(contentOf(message, current), { url: below(`/messages/${current.place}`), method: 'PATCH' }),
    )

  return {
    name,
    async send(message) {
      const { again, current } = await posted.find(message)
      if (again) return
      const isEdited =
        current !== undefined &&
        !isWorse(current.severity, message.severity) &&
        (await edit(current, message))
      await posted.remember(message, isEdited ? current.place : await post(message))
    },
    check: hook.check,
  }
}

/** Characters of texts. Together they stay below 6,000. */
const LENGTH = { title: 256, text: 800, label: 60, value: 120, item: 90 }

/**
 * An embed (https://discord.com/developers/docs/resources/message#embed-object-embed-limits): 256 characters for a title, 4,096
 * for a description, 25 fields of 256 and 1,024, 2,048 for a footer, 6,000 in all. `allowed_mentions` keeps Discord from
 * notifying anybody.
 */
function contentOf(message: Message, before: Posted | undefined) {
  const { title, text, severity, facts, lists, sparkline, links } = abridge(message)
  const description = [
    escaped(text, LENGTH.text),
    ...(before ? [`Before, at ${before.at}: ${escaped(before.text, LENGTH.value)}`] : []),
    ...links.slice(0, 1).map((link) => `[${escaped(link.text, LENGTH.label)}](<${link.url}>)`),
  ]
  const fields = [
    ...facts.map(({ label, value }) => ({ name: label, value: escaped(value, LENGTH.value), inline: true })),
    ...(sparkline
      ? [{ name: sparkline.title, value: escaped(sparkline.text, LENGTH.value), inline: false }]
      : []),
    ...lists.slice(0, 2).map(({ title: name, items }) => ({
      name,
      value: items.map((item) => `- ${escaped(item, LENGTH.item)}`).join('\n') || '–',
      inline: false,
    })),
  ]
  return {
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: escaped(title, LENGTH.title),
        description: description.join('\n'),
        color: Number.parseInt(COLOUR[severity].slice(1), 16),
        fields: fields.map((field) => ({ ...field, name: escaped(field.name, LENGTH.label) })),
        footer: { text: footerOf(message) },
      },
    ],
  }
}

const escaped = (text: string, limit: number): string => inertLine(text, limit, escapeMarkdown)
