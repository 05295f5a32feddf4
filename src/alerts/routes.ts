import { makeGlob } from '../platform/glob.ts'
import type { Alert } from '../queue/alert.ts'
import type { Channel } from './channel.ts'

/** A channel, and globs over `registry/path` for the projects whose alerts it gets. */
export interface Route {
  channel: Channel
  projects: readonly string[]
}

/** Which channels get an alert. */
export interface Routes {
  /** All that are configured. */
  channels: readonly Channel[]
  channelsFor(alert: Alert): Channel[]
  /** The channel, unless it is not configured. */
  named(name: string): Channel | undefined
}

export function makeRoutes(configured: readonly Route[]): Routes {
  const routes = configured.map(({ channel, projects }) => ({
    channel,
    globs: projects.map(makeGlob),
    // An alert about a registry goes to all who get alerts about one of its projects.
    registryGlobs: projects.map((glob) => makeGlob(glob.split('/')[0] ?? '')),
  }))
  const isFor = (alert: Alert, { channel, globs, registryGlobs }: (typeof routes)[number]): boolean => {
    if ('escalation' in alert && alert.escalation) return alert.escalation.channels.includes(channel.name)
    const projects = 'group' in alert ? alert.projects : projectsOf(alert)
    if (projects.length > 0) return projects.some((project) => globs.some((matches) => matches(project)))
    return 'registry' in alert && registryGlobs.some((matches) => matches(alert.registry))
  }
  return {
    channels: routes.map(({ channel }) => channel),
    channelsFor: (alert) => routes.filter((route) => isFor(alert, route)).map(({ channel }) => channel),
    named: (name) => routes.find(({ channel }) => channel.name === name)?.channel,
  }
}

const projectsOf = (alert: Exclude<Alert, { group: string }>): string[] =>
  'project' in alert ? [`${alert.registry}/${alert.project}`] : []
