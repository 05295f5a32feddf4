import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'

const FILE = join(import.meta.dirname, 'src/api/schema.d.ts')

/**
 * The types of the API, from its OpenAPI document. Refusals are left out: they are the same problem document for each route, and would be
 * half of the file.
 */
export async function typesOf(document: object): Promise<string> {
  const told = JSON.stringify(document, (key, value) => (/^[45]XX$/i.test(key) ? undefined : value))
  const types = astToString(await openapiTS(told))
  return `// Made from the OpenAPI document by \`npm run web:types\`. A test keeps it true.\n${types}`
}

export const readTypes = () => readFile(FILE, 'utf8')
export const writeTypes = (text: string) => writeFile(FILE, text)
