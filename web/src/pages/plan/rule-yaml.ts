/** A rule in YAML, as it can stand in `rules` of a policy: one line, such as `- { tag: "pr-*", olderThan: 14d, expire: true }`. */
export const ruleYaml = (rule: unknown): string => `- ${flow(rule)}`

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${scalar(key)}: ${flow(inner)}`)
    return `{ ${pairs.join(', ')} }`
  }
  return typeof value === 'string' ? scalar(value) : String(value)
}

/** What YAML 1.1 or 1.2 could read as something else than text is quoted; JSON's strings are YAML's. */
const scalar = (text: string): string =>
  /^[A-Za-z][A-Za-z0-9-]*$|^[0-9]+(ms|s|m|h|d|w|B|[KMGTP]iB)$/.test(text) && !WORDS.test(text)
    ? text
    : JSON.stringify(text)

const WORDS = /^(true|false|null|yes|no|on|off|y|n)$/i
