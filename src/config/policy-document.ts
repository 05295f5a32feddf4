import { resolve } from 'node:path'
import { Type } from 'typebox'
import { PolicyError } from '../expiry/dialects/dialect.ts'
import { DIALECT_NAMES, DIALECTS } from '../expiry/dialects/dialects.ts'
import { parseJsonOrYaml } from '../platform/json-or-yaml.ts'
import { readTextFile } from '../platform/read-text-file.ts'
import type { Report } from './config-error.ts'
import { readError } from './read-error.ts'
import { isMapping, type Node, type Path } from './walk.ts'

/** Bytes of a file with the policy of another system. */
const LIMIT = 1024 * 1024

/**
 * Replaces the `documentFile` of an expiry policy by `document` with the content of the file, and reports what the dialect
 * refuses. A path is relative to `folder`. `raw` gives a value of the configuration with its nulls: in a document, null may
 * mean something else than a field that is missing.
 */
export async function resolvePolicyDocument(
  { schema, value, path }: Node,
  { folder, raw, report }: { folder: string; raw: (path: Path) => unknown; report: Report },
): Promise<void> {
  if (!Type.IsObject(schema) || !('documentFile' in schema.properties) || !isMapping(value)) return
  const at = [...path, 'document']
  const { documentFile, document } = value
  if (documentFile === undefined && document === undefined) return
  delete value.documentFile
  if (documentFile !== undefined && document !== undefined)
    return report(at, 'expected document or documentFile, not both')
  const file = documentFile === undefined ? undefined : resolve(folder, String(documentFile))
  try {
    if (file !== undefined) value.document = parseJsonOrYaml(await readTextFile(file, LIMIT))
    // As a variable of the environment has it.
    else value.document = typeof document === 'string' ? parseJsonOrYaml(document) : raw(at)
  } catch (error) {
    // Without a value, the policy would be reported as incomplete, too.
    value.document = null
    const reason = readError(error as NodeJS.ErrnoException)
    return report(at, file === undefined ? reason : `cannot read ${file}: ${reason}`)
  }
  const dialect = DIALECT_NAMES.find((name) => name === value.dialect)
  if (dialect === undefined) return
  try {
    DIALECTS[dialect].read(value.document)
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    report(at, file === undefined ? error.message : `${file}: ${error.message}`)
  }
}
