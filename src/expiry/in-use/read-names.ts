import { printable } from '../../platform/printable.ts'
import { parseImageReference } from '../../registry/image-reference.ts'

/**
 * The names of images in a text: one a line (empty lines and those that begin with # aside), or JSON, an array of names and of
 * objects with an `image`. @throws Error if anything in it is no name of an image
 */
export function readNames(text: string): string[] {
  const names = namesInJson(text) ?? linesOf(text)
  for (const name of names)
    if (parseImageReference(name) === undefined)
      throw new Error(`it has what is no name of an image: ${printable(name.slice(0, 100))}`)
  return names
}

function namesInJson(text: string): string[] | undefined {
  if (!/^\s*\[/.test(text)) return undefined
  const list = parseJson(text)
  if (!Array.isArray(list)) return undefined
  return list.map((item: unknown) => {
    const name = typeof item === 'object' && item !== null && 'image' in item ? item.image : item
    if (typeof name !== 'string')
      throw new Error('its JSON has an item that is neither a name nor has an `image`')
    return name
  })
}

/** `undefined` if it is none. An address in brackets may begin a line. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
