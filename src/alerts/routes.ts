import { makeGlob } from '../platform/glob.ts'
import type { Alert, AlertSummary, QuotaChangeAlert } from '../queue/alert.ts'
import { type AlertKind, kindOf, SEVERITY_OF, type Severity, severityOf } from '../queue/alert-kinds.ts'
import type { Channel } from './channel.ts'
import type { Message } from './message.ts'
import { messageOf, messageOfSummary } from './message-of.ts'
import { isExcepted, makeIsQuiet, type Quiet } from './quiet.ts'
import { isWanted, makeWants, type Wanted } from './wants.ts'

/** A channel, and globs over `registry/path` for the projects whose alerts it gets, if it wants their kind. */
export interface RouteConfig extends Wanted {
  channel: Channel
  projects: readonly string[]
  quiet?: Quiet | undefined
}

/** How alerts come to a channel. */
export interface Route {
  channel: Channel
  wants(kind: AlertKind): boolean
  /** Whether it has quiet hours at this time, epoch ms. */
  isQuiet(ms: number): boolean
  /** Whether an alert waits for the end of the quiet hours. */
  isHeld(alert: Alert, ms: number): boolean
  /** The message that tells it an alert. What it does not want is the end of what it wants. */
  messageOf(alert: Alert): Message
  messageOfSummary(summary: AlertSummary): Message
}

/** Which channels get an alert. */
export interface Routes {
  /** All that are configured. */
  channels: readonly Channel[]
  channelsFor(alert: Alert): Channel[]
  /** The channel, unless it is not configured. */
  named(name: string): Channel | undefined
  route(name: string): Route | undefined
}

/** `publicUrl`: where people reach the API; without it, messages have no links. */
export function makeRoutes(configured: readonly RouteConfig[], publicUrl?: string): Routes {
  const routes = configured.map(({ channel, projects, quiet, ...wanted }) => {
    const wants = makeWants(wanted)
    const isQuiet = quiet === undefined ? () => false : makeIsQuiet(quiet)
    return {
      ...{ channel, wants, isQuiet },
      isHeld: (alert: Alert, ms: number) =>
        quiet !== undefined && isQuiet(ms) && !severitiesOf(alert).some((one) => isExcepted(one, quiet)),
      globs: projects.map(makeGlob),
      // An alert about a registry goes to all who get alerts about one of its projects.
      registryGlobs: projects.map((glob) => makeGlob(glob.split('/')[0] ?? '')),
      messageOf(alert: Alert): Message {
        const message = messageOf(alert, publicUrl)
        return wants(kindOf(alert)) || isEscalation(alert) ? message : { ...message, severity: 'resolved' }
      },
      messageOfSummary: (summary: AlertSummary): Message => messageOfSummary(summary, publicUrl),
    }
  })
  const isFor = (
    alert: Alert,
    { channel, globs, registryGlobs, wants }: (typeof routes)[number],
  ): boolean => {
    if (isEscalation(alert)) return alert.escalation.channels.includes(channel.name)
    if (endsEscalationOf(alert, channel)) return true
    if (!isWanted(alert, wants)) return false
    const projects = 'group' in alert ? alert.projects : projectsOf(alert)
    if (projects.length > 0) return projects.some((project) => globs.some((matches) => matches(project)))
    return 'registry' in alert && registryGlobs.some((matches) => matches(alert.registry))
  }
  const route = (name: string) => routes.find(({ channel }) => channel.name === name)
  return {
    channels: routes.map(({ channel }) => channel),
    channelsFor: (alert) => routes.filter((one) => isFor(alert, one)).map(({ channel }) => channel),
    named: (name) => route(name)?.channel,
    route,
  }
}

type Escalation = QuotaChangeAlert & Required<Pick<QuotaChangeAlert, 'escalation'>>
const isEscalation = (alert: Alert): alert is Escalation =>
  'escalation' in alert && alert.escalation !== undefined

/** Whether the channel was told that it stays over, and this is the end of that. */
const endsEscalationOf = (alert: Alert, { name }: Channel): boolean =>
  'to' in alert && alert.endsEscalation?.channels.includes(name) === true

/** How urgent it is, and how urgent the state was that it ends. */
const severitiesOf = (alert: Alert): Severity[] => [
  severityOf(alert),
  ...('to' in alert ? [SEVERITY_OF[`quota.${alert.from}`]] : []),
]

const projectsOf = (alert: Exclude<Alert, { group: string }>): string[] =>
  'project' in alert ? [`${alert.registry}/${alert.project}`] : []
