import { readFileSync } from 'node:fs'

interface Position {
  x: number
  y: number
  w: number
  h: number
}
export interface Panel {
  id: number
  type: string
  title: string
  gridPos: Position
  datasource?: { type: string; uid: string }
  targets?: { refId: string; expr: string; datasource: { type: string; uid: string } }[]
}
export interface Dashboard {
  uid: string
  schemaVersion: number
  panels: Panel[]
  templating: { list: { name: string; type: string; query: string | { query: string } }[] }
}

/** The dashboard for Grafana. */
export const dashboard: Dashboard = JSON.parse(
  readFileSync(new URL('../../deploy/grafana/tallyman.json', import.meta.url), 'utf8'),
)

/** What Grafana puts in the place of variables, if all is chosen. */
const VALUES: Record<string, string> = {
  $__rate_interval: '1m',
  $__range: '1h',
  $registry: '.*',
  $project: '.*',
}

/** All expressions of the panels as Grafana asks them. @throws for a variable that is not known */
export const expressionsOf = ({ panels }: Dashboard): { title: string; expression: string }[] =>
  panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expression: expr.replaceAll(/\$\w+/g, (name) => {
        const value = VALUES[name]
        if (value === undefined) throw new Error(`${title}: the variable ${name} is not known`)
        return value
      }),
    })),
  )
