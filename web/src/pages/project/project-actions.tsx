import { useState } from 'preact/hooks'
import { type Answer, remove } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { say } from '../../parts/toast.tsx'
import { may } from '../../session.ts'
import type { Project } from './project.tsx'
import { QuotaBackDialog, QuotaDialog } from './quota-dialog.tsx'
import { SnoozeDialog } from './snooze-dialog.tsx'
import type { Snooze } from './summary.tsx'

/** What can be done with a whole project, by those who may. */
export function ProjectActions({
  id,
  project,
  quota,
  snooze,
  reload,
}: {
  id: string
  project: Project | undefined
  quota: Answer<'/v1/projects/{id}/quota'> | undefined
  snooze: Snooze | undefined
  reload: () => void
}) {
  const [open, setOpen] = useState<'quota' | 'back' | 'snooze' | 'wake'>()
  if (project === undefined) return null
  const limit = quota?.limits.find(({ measure }) => measure !== 'tags' && measure !== 'manifests')
  const asked = {
    ...{ project: id, configured: quota?.configuredLimitBytes ?? null },
    ...{ done: reload, close: () => setOpen(undefined) },
  }
  async function wake() {
    await remove('/v1/alerts/snoozes/{project}', { path: { project: id } })
    say(`Alerts about ${id} are sent again`)
    reload()
  }
  return (
    <>
      {may('admin') && (
        <button type="button" onClick={() => setOpen('quota')}>
          Change quota…
        </button>
      )}
      {may('admin') && project.override && (
        <button type="button" onClick={() => setOpen('back')}>
          Take the change back…
        </button>
      )}
      {may('expire') && (
        <button type="button" onClick={() => setOpen(snooze ? 'wake' : 'snooze')}>
          {snooze ? 'End the snooze…' : 'Snooze alerts…'}
        </button>
      )}
      {open === 'quota' && <QuotaDialog {...asked} used={limit?.used ?? project.uniqueBytes} />}
      {open === 'back' && <QuotaBackDialog {...asked} />}
      {open === 'snooze' && <SnoozeDialog {...asked} />}
      {open === 'wake' && (
        <Confirm title="End the snooze" action="End it" run={wake} close={asked.close}>
          <p>Within about a minute, people are told the state of the project if they do not know it.</p>
        </Confirm>
      )}
    </>
  )
}
