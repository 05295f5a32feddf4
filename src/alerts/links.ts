import type { Alert } from '../queue/alert.ts'
import { isRepositoryName } from '../registry/name.ts'
import type { Message } from './message.ts'

type Links = Message['links']

/**
 * Where people read more about an alert: pages of the dashboard. None without the public URL. Names come from registries, so
 * each that is no name of a repository is one encoded part of a URL: it cannot lead elsewhere.
 */
export function linksOf(alert: Alert, publicUrl: string | undefined): Links {
  const to = (text: string, path: string): Links =>
    publicUrl === undefined ? [] : [{ text, url: `${publicUrl}/${path}` }]
  if ('group' in alert) return to('Projects', 'projects')
  if (!('project' in alert)) return to('Registries', 'registries')
  const id = `${alert.registry}/${alert.project}`.toWellFormed()
  const project = to('Project', `projects/${isRepositoryName(alert.project) ? id : encodeURIComponent(id)}`)
  if ('promotion' in alert)
    return [...to('Promotion', `promotions/${encodeURIComponent(alert.promotion)}`), ...project]
  const isOfPlan = 'to' in alert ? alert.to !== 'ok' : !('state' in alert) || alert.state === 'soon'
  return isOfPlan
    ? [...project, ...to('What expiry would delete', `plan?project=${encodeURIComponent(id)}`)]
    : project
}

export const linksOfSummary = (publicUrl: string | undefined): Links =>
  publicUrl === undefined ? [] : [{ text: 'All alerts', url: `${publicUrl}/alerts` }]
