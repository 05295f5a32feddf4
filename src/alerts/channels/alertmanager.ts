import type { Dispatcher } from 'undici'
import type { Channel } from '../channel.ts'
import { ChannelError } from '../channel-error.ts'
import type { Message } from '../message.ts'
import { channelUrl } from './channel-url.ts'
import { line } from './plain.ts'
import { askJson, postJson } from './post-json.ts'
import { plainText, shownOf } from './shown.ts'

const DAY_MS = 86_400_000

/**
 * How long an alert fires if nothing else comes, in ms. An Alertmanager ends an alert that is not sent again, and Tallyman
 * tells a change once. So a state, which is resolved some day, gets an end that is far away. What nothing ever resolves, such
 * as a failed promotion, is over after a day.
 */
const FIRES_MS = { state: 400 * DAY_MS, event: DAY_MS }

/**
 * How much earlier than it was resolved an alert ends, in ms. An Alertmanager whose clock is behind ours would take an end that
 * is in its future for no end at all, and keep the one that is far away.
 */
const SKEW_MS = 300_000

/** Messages that tell a state: another message of the same subject tells its end. */
const STATE = /^(quota|forecast|images)\.(?!summary)|^deliveries\.(?!lost)|^collection\.(held|released)$/

/**
 * Alerts for an Alertmanager (API v2), or for each of a cluster: its members do not tell each other of alerts. One that takes
 * them is enough, as it is for Prometheus.
 */
export function makeAlertmanagerChannel(options: {
  name: string
  urls: readonly string[]
  /** The header of that name, for a proxy in front of them. */
  authorization?: string | undefined
  /** epoch ms */
  now?: () => number
  dispatcher?: Dispatcher | undefined
}): Channel {
  const { name, authorization, dispatcher, now = Date.now } = options
  const apis = options.urls.map((url) => `${url.replace(/\/$/, '')}/api/v2`)
  const urls = apis.map((api) => channelUrl(name, `${api}/alerts`))
  const statuses = apis.map((api) => channelUrl(name, `${api}/status`))
  const request = {
    ...{ channel: name, dispatcher },
    ...(authorization !== undefined && { headers: { authorization } }),
  }
  return {
    name,
    tellsEach: true,
    async send(message) {
      const json = JSON.stringify(alertsOf(message, now()))
      const posts = urls.map((url) => postJson({ ...request, url, json }))
      const failures = (await Promise.allSettled(posts)).flatMap((post) =>
        post.status === 'rejected' ? [post] : [],
      )
      if (failures.length < urls.length) return
      const reasons = failures.map(({ reason }) => reason)
      throw reasons.find((reason) => reason instanceof ChannelError && reason.retry) ?? reasons[0]
    },
    check: {
      tried: `GET ${statuses.join(', ')}`,
      async ask() {
        const answers = statuses.map((url) => askJson({ ...request, url, method: 'GET' }))
        const states = (await Promise.all(answers)).map((answer) => Object(Object(answer).cluster).status)
        return `the state of the cluster: ${states.map((state) => line(String(state), 50)).join(', ')}`
      },
    },
  }
}

/**
 * The alert that fires, and the end of those of the same subject that had another severity: it is a label, since routes are
 * chosen by labels, and an alert with other labels is another alert.
 */
function alertsOf(message: Message, now: number): object[] {
  const { at, type, severity, subject, data, links } = message
  const shown = shownOf(message)
  const { registry, project } = data as { registry?: string; project?: string }
  const kind = type.split('.', 1)[0] ?? ''
  const labelsWith = (label: string) => ({
    alertname: `Tallyman${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
    subject: line(subject, 500),
    ...(registry !== undefined && { registry: line(registry, 255) }),
    ...(project !== undefined && { project: line(project, 255) }),
    severity: label,
  })
  const common = {
    annotations: { summary: shown.text, description: plainText(shown) },
    ...(links[0] && { generatorURL: links[0].url }),
  }
  const ms = FIRES_MS[STATE.test(type) ? 'state' : 'event']
  // It may be told late: the channel was down.
  const until = new Date(Math.max(Date.parse(at), now) + ms).toISOString()
  const over = new Date(Date.parse(at) - SKEW_MS).toISOString()
  return (['critical', 'warning', 'info'] as const).map((label) =>
    label === severity
      ? { labels: labelsWith(label), ...common, startsAt: at, endsAt: until }
      : { labels: labelsWith(label), ...common, endsAt: over },
  )
}
