import { formatSize } from '../../../../src/platform/units.ts'
import type { Answer } from '../../api/request.ts'
import type { Resource } from '../../api/use-get.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { FlagBadge } from '../../parts/flag.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { percent } from '../../parts/percent.ts'
import { QuotaBar } from '../../parts/quota-bar.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { counted } from './layers.ts'
import type { Project } from './project.tsx'

type Quota = Answer<'/v1/projects/{id}/quota'>
type Limit = Quota['limits'][number]
export type Snooze = Answer<'/v1/alerts/snoozes'>['snoozes'][number]

/** What a project holds now, of its quota, and what people have set for it. */
export function Summary({
  project,
  quota,
  snooze,
}: {
  project: Project
  quota: Resource<Quota>
  snooze: Snooze | undefined
}) {
  return (
    <section class="panel summary" aria-label="Now">
      <p class="figure">
        <Bytes of={project.uniqueBytes} /> <FlagBadge flag={project.flag} />
      </p>
      {project.flagSince && project.flag !== 'ok' && (
        <p class="hint">
          since <Time at={project.flagSince} />
        </p>
      )}
      {project.unresolved > 0 && (
        <p class="notice notice-warn">
          At least: of {counted(project.unresolved, 'manifest')} it is not known yet what they reference.
        </p>
      )}
      <Loaded of={quota} lines={2}>
        {({ limits }) =>
          limits.length === 0 ? (
            <p class="hint">No quota limits it.</p>
          ) : (
            <ul class="limits">
              {limits.map((limit) => (
                <li key={limit.measure}>
                  <LimitLine limit={limit} flag={project.flag} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {project.override && (
        <Override override={project.override} configured={quota.data?.configuredLimitBytes} />
      )}
      {snooze && (
        <p class="set-by">
          Alerts are snoozed; they begin again <Time at={snooze.until} />
          <By by={snooze.by} why={snooze.why} />
        </p>
      )}
      <Facts project={project} />
    </section>
  )
}

function LimitLine({ limit: { measure, used, limit }, flag }: { limit: Limit; flag: Project['flag'] }) {
  const isCount = measure === 'tags' || measure === 'manifests'
  const shown = (value: number) => (isCount ? value.toLocaleString('en') : formatSize(value))
  if (used === null)
    return (
      <>
        Of {shown(limit)} {measure}: <span class="unknown">not known yet</span>
      </>
    )
  const share = limit === 0 ? 1 : used / limit
  return (
    <>
      <QuotaBar share={share} flag={flag} />
      {percent(share)} of {shown(limit)} {isCount ? measure : `(${measure})`}
      {measure !== 'unique' && `: ${shown(used)}`}
    </>
  )
}

function Override({
  override,
  configured,
}: {
  override: NonNullable<Project['override']>
  configured: number | null | undefined
}) {
  return (
    <p class="set-by">
      The limit was changed{' '}
      {configured === null ? 'from none' : configured !== undefined && `from ${formatSize(configured)}`}
      {override.until ? (
        <>
          ; it ends <Time at={override.until} />
        </>
      ) : (
        ', until somebody takes it back'
      )}
      <By by={override.by} why={override.why} />
    </p>
  )
}

const By = ({ by, why }: { by: string | null; why: string | null }) => (
  <>
    {by && (
      <>
        , by <Said text={by} />
      </>
    )}
    {why ? (
      <>
        : <Said text={why} />
      </>
    ) : (
      '.'
    )}
  </>
)

function Facts({ project }: { project: Project }) {
  const { exclusiveBytes, referencedBytes, unreferencedBytes, tags, manifests, repositories } = project
  return (
    <dl class="facts">
      <dt title="The unique bytes that no other project of the registry holds">Exclusive</dt>
      <dd>
        <Bytes of={exclusiveBytes} />
      </dd>
      <dt title="The sizes of all its manifests, shared layers each time">Without sharing</dt>
      <dd>
        <Bytes of={referencedBytes} />
      </dd>
      {unreferencedBytes > 0 && (
        <>
          <dt title="Uploaded content that no manifest references. The next garbage collection frees it.">
            Unreferenced
          </dt>
          <dd>
            <Bytes of={unreferencedBytes} />
          </dd>
        </>
      )}
      <dt>Holds</dt>
      <dd>
        {counted(tags, 'tag')} on {counted(manifests, 'manifest')} in{' '}
        {counted(repositories, 'repository', 'repositories')}
      </dd>
      <dt>Last push</dt>
      <dd>
        <Time at={project.lastPushAt} never="not known" />
        {project.lastPushedBy && (
          <>
            {' '}
            by <Said text={project.lastPushedBy} />
          </>
        )}
      </dd>
      <dt>Last pull</dt>
      <dd>
        <Time at={project.lastPullAt} never="none known" />
        {project.pulls > 0 && <span class="hint"> of {counted(project.pulls, 'pull')}</span>}
      </dd>
    </dl>
  )
}
