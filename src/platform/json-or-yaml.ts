import { parse } from 'yaml'

/** Parses JSON or YAML. (JSON with tabs is no YAML.) @throws Error that says why the text is neither */
export function parseJsonOrYaml(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (jsonError) {
    try {
      return parse(text)
    } catch (error) {
      const isJson = /^\s*[[{]/.test(text)
      const reason = isJson ? jsonError : error
      throw new Error(`neither JSON nor YAML: ${reason instanceof Error ? reason.message : reason}`)
    }
  }
}
