import { kindOf, severityOf } from '../../../../src/queue/alert-kinds.ts'
import type { Answer } from '../../api/request.ts'
import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { useQuery } from '../../parts/use-query.ts'

type Alert = Answer<'/v1/alerts'>['alerts'][number]

const BADGES = { info: '', warning: 'badge-warning', critical: 'badge-over', resolved: 'badge-ok' }

/** Where an alert leads to. */
function linkOf(alert: Alert): string | undefined {
  if ('promotion' in alert) return `/promotions/${encodeURIComponent(alert.promotion)}`
  if ('project' in alert) return `/projects/${alert.registry}/${alert.project}`
  return 'registry' in alert ? '/registries' : undefined
}

/** All alerts, or those about one project, the newest first. */
export function History() {
  const [{ project }] = useQuery()
  const alerts = usePages('/v1/alerts', { query: { limit: 50, project } }, ({ alerts }) => alerts)
  if (alerts.items.length === 0 && !alerts.isLoading && !alerts.error && !alerts.hasMore)
    return project ? (
      <Empty title="No alert about this project so far">
        <a href="/alerts">All alerts</a>
      </Empty>
    ) : (
      <Empty title="No alert so far">
        An alert comes when a project nears its quota, when images are about to expire, or when a promotion
        fails.
      </Empty>
    )
  return (
    <>
      {project && (
        <p class="notice">
          <span>
            Only alerts about <Said text={project} />.
          </span>
          <a href="/alerts">All alerts</a>
        </p>
      )}
      {alerts.items.length > 0 && (
        <ol class="list">
          {alerts.items.map((alert) => {
            const link = linkOf(alert)
            return (
              <li key={alert.id}>
                <div class="list-head">
                  <span class={`badge ${BADGES[severityOf(alert)]}`}>{kindOf(alert)}</span>
                  <Time at={alert.at} />
                </div>
                <p>
                  <Said text={alert.text} />
                </p>
                {link && <a href={link}>Look at it</a>}
              </li>
            )
          })}
        </ol>
      )}
      <More of={alerts} />
    </>
  )
}
