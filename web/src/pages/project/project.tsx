import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { Answer } from '../../api/request.ts'
import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Loaded } from '../../parts/loaded.tsx'
import { Page } from '../../parts/page.tsx'
import { withQuery } from '../../parts/use-query.ts'
import { Growth } from './growth.tsx'
import { registryOf } from './image-name.ts'
import { Keeps } from './keeps.tsx'
import { ProjectActions } from './project-actions.tsx'
import { Repositories } from './repositories.tsx'
import { Summary } from './summary.tsx'
import { UsageTimeline } from './usage-timeline.tsx'
import './project.css'

export type Project = Answer<'/v1/projects/{id}'>

/** How often the numbers are read again, in ms. */
const EVERY_MS = 30_000

/** One project: how much it holds and since when, what made it grow, and what of it can go. */
export default function ProjectPage() {
  const { id = '' } = useRoute().params
  return <OneProject key={id} id={id} />
}

function OneProject({ id }: { id: string }) {
  const path = { id }
  const project = useGet('/v1/projects/{id}', { path }, { everyMs: EVERY_MS })
  const quota = useGet('/v1/projects/{id}/quota', { path }, { everyMs: EVERY_MS })
  const snoozes = useGet('/v1/alerts/snoozes')
  const keeps = useGet('/v1/expiry/keeps', { query: { project: id, limit: 1000 } })
  const [changes, setChanges] = useState(0)
  const snooze = snoozes.data?.snoozes.find((one) => one.project === id)
  function reload() {
    for (const one of [project, quota, snoozes, keeps]) one.reload()
    setChanges(changes + 1)
  }
  if (project.error?.status === 404)
    return (
      <Page title={id}>
        <Empty title="There is no such project, or it holds nothing any more">
          <a href="/projects">All projects</a>
        </Empty>
      </Page>
    )
  return (
    <Page
      title={id}
      lead={
        <nav class="project-links" aria-label="About this project">
          <a href={withQuery('/plan', { project: id })}>What would expire</a>
          <a href={withQuery('/alerts', { project: id })}>Its alerts</a>
          <a
            href={withQuery('/trash', {
              registry: registryOf(id),
              search: id.slice(registryOf(id).length + 1),
            })}
          >
            Its trash
          </a>
        </nav>
      }
      actions={<ProjectActions {...{ id, project: project.data, quota: quota.data, snooze, reload }} />}
    >
      <Loaded of={project} lines={5}>
        {(found) => (
          <>
            <div class="project-top">
              <Summary project={found} quota={quota} snooze={snooze} />
              <UsageTimeline id={id} project={found} />
            </div>
            <div class="panels project-second">
              <Growth id={id} />
              <Keeps keeps={keeps} changed={reload} />
            </div>
            <Repositories
              id={id}
              count={found.repositories}
              keeps={keeps.data?.keeps ?? []}
              changed={reload}
            />
          </>
        )}
      </Loaded>
    </Page>
  )
}
