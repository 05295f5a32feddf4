import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { Channel } from '../channel.ts'
import type { Message } from '../message.ts'
import { channelUrl } from './channel-url.ts'
import { cut, defuse, line } from './plain.ts'
import { checkHost, postJson } from './post-json.ts'
import { shownOf } from './shown.ts'

/** Where PagerDuty takes events; customers in Europe have a host of their own. */
const PAGERDUTY_URL = 'https://events.pagerduty.com'

/** The longest summary and key, in characters. A longer key is refused. */
const MOST = { summary: 1_024, key: 255 }

/**
 * PagerDuty's Events API v2. Messages about one subject are one incident: `dedup_key` is made of it. A message that is resolved
 * resolves it; if there is none, PagerDuty ignores that.
 */
export function makePagerDutyChannel(options: {
  name: string
  /** Default: PagerDuty's own. */
  url?: string | undefined
  routingKey: string
  dispatcher?: Dispatcher | undefined
}): Channel {
  const { name, routingKey, dispatcher } = options
  const url = channelUrl(name, `${(options.url ?? PAGERDUTY_URL).replace(/\/$/, '')}/v2/enqueue`)
  return {
    name,
    tellsEach: true,
    async send(message) {
      const json = JSON.stringify({ routing_key: routingKey, ...eventOf(message) })
      await postJson({ channel: name, url, json, dispatcher })
    },
    check: checkHost({ channel: name, url, dispatcher }),
  }
}

function eventOf(message: Message): object {
  const { severity, text, at, type, data, links } = message
  const dedup_key = keyOf(message.subject)
  if (severity === 'resolved') return { event_action: 'resolve', dedup_key }
  const { registry, project } = data as { registry?: string; project?: string }
  const shown = shownOf(message)
  return {
    event_action: 'trigger',
    dedup_key,
    client: 'Tallyman',
    ...(links[0] && { client_url: links[0].url }),
    links: shown.links.map(({ text, url }) => ({ href: url, text })),
    payload: {
      summary: cut(defuse(line(text.replaceAll(/\s+/g, ' '), MOST.summary)), MOST.summary),
      ...{ timestamp: at, severity, source: line(registry ?? 'tallyman', 255), class: type },
      ...(project !== undefined && { component: line(project, 255) }),
      custom_details: {
        ...Object.fromEntries(shown.facts),
        ...Object.fromEntries(shown.lists.map(({ title, items }) => [title, items])),
      },
    },
  }
}

/** The subject, or its hash if it is too long. */
function keyOf(subject: string): string {
  const key = `tallyman ${line(subject, subject.length * 10 + 1)}`
  return key.length <= MOST.key ? key : `tallyman ${createHash('sha256').update(subject).digest('hex')}`
}
