import type { Alert } from '../queue/alert.ts'
import type { Message } from './message.ts'

type Links = Message['links']

/**
 * Where people read more about an alert: pages of the API. None without its public URL. Names come from registries, so each is
 * one encoded part of a URL: it cannot lead elsewhere.
 */
export function linksOf(alert: Alert, publicUrl: string | undefined): Links {
  const to = (text: string, path: string): Links =>
    publicUrl === undefined ? [] : [{ text, url: `${publicUrl}/v1/${path}` }]
  if ('group' in alert) return to('Flags of groups', 'flags?kind=group')
  if (!('project' in alert)) return to('Registries', 'registries')
  const id = encodeURIComponent(`${alert.registry}/${alert.project}`.toWellFormed())
  const project = to('Project', `projects/${id}`)
  if ('promotion' in alert)
    return [...to('Promotion', `promotions/${encodeURIComponent(alert.promotion)}`), ...project]
  const isOfPlan = 'to' in alert ? alert.to !== 'ok' : !('state' in alert) || alert.state === 'soon'
  return isOfPlan ? [...project, ...to('What expiry would delete', `expiry/plan?project=${id}`)] : project
}

export const linksOfSummary = (publicUrl: string | undefined): Links =>
  publicUrl === undefined ? [] : [{ text: 'All alerts', url: `${publicUrl}/v1/alerts` }]
