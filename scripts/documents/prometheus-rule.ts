import { parse, stringify } from 'yaml'

/** The alert rules as an object of the Prometheus operator: kustomize cannot wrap a file that way. */
export function prometheusRule(rules: string): string {
  const object = {
    ...{ apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata: { name: 'tallyman' } },
    spec: parse(rules),
  }
  return `# Made from deploy/prometheus/rules.yml: npm run docs\n${stringify(object, { lineWidth: 0 })}`
}
