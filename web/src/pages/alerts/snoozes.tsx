import { remove } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Act } from '../../parts/act.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'

/** Projects whose alerts are not sent for a time. */
export function Snoozes() {
  const snoozes = useGet('/v1/alerts/snoozes')
  async function end(project: string) {
    try {
      await remove('/v1/alerts/snoozes/{project}', { path: { project } })
      say(`Alerts about ${project} are sent again`)
    } finally {
      snoozes.reload()
    }
  }
  return (
    <Loaded of={snoozes}>
      {({ snoozes: all }) =>
        all.length === 0 ? (
          <Empty title="No project is snoozed">Snooze a project on its own page.</Empty>
        ) : (
          <ul class="list">
            {all.map(({ project, since, until, by, why }) => (
              <li key={project}>
                <div class="list-head">
                  <a href={`/projects/${project}`}>
                    <Said text={project} />
                  </a>
                  <span>
                    since <Time at={since} />, ends <Time at={until} />
                  </span>
                </div>
                <p>
                  <Said text={why ?? 'No reason given.'} /> {by && <span class="hint">({by})</span>}
                </p>
                {may('expire') && <Act run={() => end(project)}>End the snooze</Act>}
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  )
}
