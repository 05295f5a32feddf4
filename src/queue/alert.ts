import { type Static, Type } from 'typebox'
import { ActionFacts } from './action-facts.ts'
import { nameOfSubject, type QuotaSubject } from './quota-subject.ts'

/** The state of a quota: `warning` from the first mark on, `over` past the limit, `ok` otherwise. */
export const Flag = Type.Union([Type.Literal('ok'), Type.Literal('warning'), Type.Literal('over')], {
  description: '`warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise.',
})
export type Flag = Static<typeof Flag>

const AlertId = Type.String({
  pattern: '^[A-Za-z0-9_-]+$',
  description: 'The same in every attempt to send the alert, so a receiver can drop repeated ones.',
})
const RegistryName = Type.String({ description: 'The registry, by its name in the configuration.' })
const ProjectPath = Type.String({ description: "The project's path in its registry, such as `team-a/app`." })
const Message = Type.String({ description: 'The message for people.' })

/** A limit that a person has set at run time, in place of that of the configuration. */
export const QuotaOverride = Type.Object({
  limit: Type.Integer({ minimum: 1, description: 'The limit, in bytes.' }),
  by: Type.Union([Type.String(), Type.Null()], { description: 'Who set it. Null if it is not kept.' }),
  why: Type.Union([Type.String(), Type.Null()], { description: 'Why. Null if nobody said.' }),
  since: Type.String({ description: 'Since when, RFC 3339.' }),
  until: Type.Union([Type.String(), Type.Null()], {
    description: 'When it ends, RFC 3339. Null: once it is removed.',
  }),
})
export type QuotaOverride = Static<typeof QuotaOverride>

const head = {
  id: AlertId,
  at: Type.String({ description: 'When the flag changed, RFC 3339.' }),
  from: Flag,
  to: Flag,
  endsEscalation: Type.Optional(
    Type.Object(
      {
        channels: Type.Array(Type.String(), {
          description: 'The channels that were told, and are told now.',
        }),
      },
      { description: 'It was told that it stays over, and it is not over any more.' },
    ),
  ),
  text: Message,
}

const change = {
  ...head,
  measure: Type.Enum(['unique', 'exclusive', 'referenced', 'tagged', 'stored', 'tags', 'manifests'], {
    description:
      'What is measured: bytes of one of these kinds, or numbers of tags or manifests. Of several limits, the fullest.',
  }),
  used: Type.Integer({ minimum: 0, description: 'How much of it there is.' }),
  limit: Type.Integer({ minimum: 1, description: 'How much there may be.' }),
  mark: Type.Union([Type.Number(), Type.Null()], {
    description: 'The highest share of `warnAt` that is passed. Null if none is.',
  }),
  escalation: Type.Optional(
    Type.Object(
      { channels: Type.Array(Type.String(), { description: 'The channels that are told, and no others.' }) },
      { description: 'It stays over: the flag did not change.' },
    ),
  ),
  override: Type.Optional(
    Type.Object(QuotaOverride.properties, { description: 'The override that the limit is of.' }),
  ),
}

const ofProject = { project: ProjectPath, registry: RegistryName }
const ofGroup = {
  group: Type.String({ description: 'The name of the group.' }),
  projects: Type.Array(Type.String(), {
    description:
      'The ids of its ten largest projects, `registry/path`, and then of those of its last alert, if it was not `ok`. It goes to channels of one of these.',
  }),
}

/** An alert about a change of a project's flag. */
export const ProjectQuotaAlert = Type.Object({
  ...change,
  ...ofProject,
  lastPushedBy: Type.Optional(
    Type.String({ description: 'Who made the last push to the project. Absent if it is not known.' }),
  ),
  ...ActionFacts.properties,
})

/** An alert about a change of the flag of a group of projects. */
export const GroupQuotaAlert = Type.Object({ ...change, ...ofGroup })

/** An alert about a change of the flag of a registry as a whole. */
export const RegistryQuotaAlert = Type.Object({ ...change, registry: RegistryName })

/** An alert about a change of a flag by what is used, or that a flag stays `over`. */
export const QuotaChangeAlert = Type.Union([ProjectQuotaAlert, GroupQuotaAlert, RegistryQuotaAlert])
export type QuotaChangeAlert = Static<typeof QuotaChangeAlert>

const end = {
  ...head,
  reason: Type.Enum(['quota removed'], { description: 'Why the flag is `ok`: there is no quota any more.' }),
}

/** An alert that a flag is `ok` since it has no quota any more. */
export const QuotaEndAlert = Type.Union([
  Type.Object({ ...end, ...ofProject }),
  Type.Object({ ...end, ...ofGroup }),
  Type.Object({ ...end, registry: RegistryName }),
])
export type QuotaEndAlert = Static<typeof QuotaEndAlert>

/** An alert about a flag. */
export const QuotaAlert = Type.Union([QuotaChangeAlert, QuotaEndAlert])
export type QuotaAlert = Static<typeof QuotaAlert>

/** The project, `registry/path`, that an alert is about alone; `undefined` if it is about a group or a registry. */
export const projectOfAlert = (alert: Alert): string | undefined =>
  'project' in alert ? `${alert.registry}/${alert.project}` : undefined

/** What the quota of an alert is of. */
export function quotaSubjectOf(alert: QuotaAlert | ForecastAlert): QuotaSubject {
  if ('group' in alert) return { kind: 'group', id: alert.group }
  if ('project' in alert) return { kind: 'project', id: `${alert.registry}/${alert.project}` }
  return { kind: 'registry', id: alert.registry }
}

const outlook = {
  id: AlertId,
  at: Type.String({ description: 'When that was found, RFC 3339.' }),
  event: Type.Enum(['quota.forecast'], { description: 'What a forecast says of its quota.' }),
  state: Type.Enum(['soon', 'notSoon'], {
    description:
      '`soon`: it will likely pass its limit within `willExceedWithin`. `notSoon`: it will not any more.',
  }),
  days: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'In how many days it most likely passes the limit. Null: not in sight.',
  }),
  usedBytes: Type.Integer({ minimum: 0, description: 'Bytes that count against the quota.' }),
  limitBytes: Type.Integer({ minimum: 0, description: "The quota's limit, in bytes." }),
  bytesPerDay: Type.Union([Type.Integer(), Type.Null()], {
    description: 'By how many bytes a day it grows. Null: there is too little data since a clean-up.',
  }),
  text: Message,
}

/** An alert that a project, a group or a registry will likely pass the limit of its quota soon, or will not any more. */
export const ForecastAlert = Type.Union([
  Type.Object({ ...outlook, project: ProjectPath, registry: RegistryName, ...ActionFacts.properties }),
  Type.Object({
    ...outlook,
    group: GroupQuotaAlert.properties.group,
    projects: GroupQuotaAlert.properties.projects,
  }),
  Type.Object({ ...outlook, registry: RegistryName }),
])
export type ForecastAlert = Static<typeof ForecastAlert>

/** An alert about images of a project that will expire, or have expired. */
export const ExpiryAlert = Type.Object({
  id: AlertId,
  at: Type.String({
    description: 'When the run was asked for that announces or has deleted them, RFC 3339.',
  }),
  project: ProjectPath,
  registry: RegistryName,
  event: Type.Enum(['expiry.notice', 'expiry.done'], {
    description: '`expiry.notice`: they will expire. `expiry.done`: they have expired.',
  }),
  policy: Type.String({ description: 'The name of the policy.' }),
  images: Type.Integer({
    minimum: 0,
    description: 'How many images, also those that belong to another one.',
  }),
  tags: Type.Optional(
    Type.Integer({ minimum: 0, description: 'How many tags go alone: their images stay for other tags.' }),
  ),
  bytes: Type.Integer({ minimum: 0, description: 'Bytes that the registry can free with them.' }),
  examples: Type.Array(Type.String(), {
    description: 'Some of them, as `repository:tag` or `repository@digest`.',
  }),
  until: Type.Optional(
    Type.String({ description: 'Until when they are safe and can be rescued, RFC 3339. Only of a notice.' }),
  ),
  text: Message,
})
export type ExpiryAlert = Static<typeof ExpiryAlert>

/** An alert about an image that was to be promoted. */
export const PromotionAlert = Type.Object({
  id: AlertId,
  at: Type.String({ description: 'When it happened, RFC 3339.' }),
  project: ProjectPath,
  registry: RegistryName,
  event: Type.Enum(['promotion.failed', 'promotion.approval'], {
    description:
      '`promotion.failed`: it did not arrive, and is not tried again. `promotion.approval`: it waits for people who approve it.',
  }),
  promotion: Type.String({ description: 'The id of the promotion.' }),
  rule: Type.Optional(Type.String({ description: 'The name of the rule. Absent if there is none.' })),
  image: Type.String({ description: 'The image, as `repository:tag` or `repository@digest`.' }),
  target: Type.String({ description: 'Where it was to be copied to, `registry/repository:tag`.' }),
  text: Message,
})
export type PromotionAlert = Static<typeof PromotionAlert>

/** An alert about a project, or about a quota. */
export type ProjectAlert = QuotaAlert | ForecastAlert | ExpiryAlert | PromotionAlert

/** An alert about a registry as a whole. */
export const RegistryAlert = Type.Object({
  id: AlertId,
  at: Type.String({ description: 'When it happened, RFC 3339.' }),
  registry: RegistryName,
  event: Type.Enum(
    [
      ...(['reconcile.held', 'expiry.held', 'expiry.blocked', 'inUse.missing'] as const),
      ...(['collection.advised', 'collection.done', 'collection.failed'] as const),
      ...(['collection.held', 'collection.released', 'deliveries.lost', 'deliveries.growing'] as const),
      ...(['deliveries.drained', 'deliveries.unread', 'deliveries.read'] as const),
      ...(['images.broken', 'images.whole'] as const),
    ],
    {
      description:
        '`reconcile.held`: a reconcile would remove too much, and removed nothing. `expiry.held`: a policy would delete too many images or tags of a project, and deletes no more there. `expiry.blocked`: a run deleted nothing, or no more, since a source of what is protected cannot be read. `inUse.missing`: a source of `expiry.inUse` names images that the registry does not have. `collection.advised`: a collection of garbage would pay. `collection.done`, `collection.failed`: one has ended. `collection.held`: the registry is still read-only after one. `collection.released`: it takes writes again after that. `deliveries.lost`: events of the registry did not arrive. `deliveries.growing`, `deliveries.drained`: events wait in its queue, and none does any more. `deliveries.unread`, `deliveries.read`: its metrics cannot be read for long, and can be read again. `images.broken`: images of the registry are not whole. `images.whole`: none is broken any more.',
    },
  ),
  text: Message,
})
export type RegistryAlert = Static<typeof RegistryAlert>

/** An alert. It travels through the `alerts` queue and is kept in the journal. */
export const AlertRecord = Type.Union([QuotaAlert, ForecastAlert, ExpiryAlert, PromotionAlert, RegistryAlert])
export type Alert = Static<typeof AlertRecord>

/** What alerts are about. Alerts about one topic wait for each other. */
export type AlertTopic = 'quota' | 'expiry' | 'promotion' | 'registry'

export function topicOf(alert: Alert): AlertTopic {
  if ('to' in alert || 'state' in alert) return 'quota'
  if ('policy' in alert) return 'expiry'
  return 'promotion' in alert ? 'promotion' : 'registry'
}

/** What an alert is about. Of several alerts about one subject, the newest tells how things are. */
export function subjectOf(alert: ProjectAlert): string {
  if ('to' in alert) return nameOfSubject(quotaSubjectOf(alert))
  if ('state' in alert) return `${nameOfSubject(quotaSubjectOf(alert))} ${alert.event}`
  const project = `${alert.registry}/${alert.project}`
  return `${project} ${alert.event} ${'policy' in alert ? alert.policy : alert.promotion}`
}

/** What waits in a box: alerts about a topic, for each other; for the end of quiet hours; for the end of a project's snooze. */
export type BoxKind = AlertTopic | 'quiet' | `snooze ${string}`

/** Alerts that a channel gets as one message, since there were too many: a digest. */
export interface AlertSummary {
  id: string
  /** What they are about. */
  topic: BoxKind
  /** When the oldest and the newest happened, RFC 3339. */
  since: string
  at: string
  /** How many alerts: the newest about each subject. */
  count: number
  /** Ten at most: the most urgent, and of these the newest. */
  examples: readonly Alert[]
  /** The message for people. */
  text: string
}
