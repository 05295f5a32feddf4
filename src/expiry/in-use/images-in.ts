import { parseImageReference } from '../../registry/image-reference.ts'

/** The lists of a pod's specification whose items run an image (Kubernetes API reference, "PodSpec v1 core"). */
const CONTAINERS = ['containers', 'initContainers', 'ephemeralContainers']

/**
 * The names of images in an object of Kubernetes, of whatever kind: every text `image` that is one, at any depth, and the
 * `imageID` of containers that run. `wrong`: the `image` of a container that is no name of an image, such as a template
 */
export function imagesIn(object: unknown): { names: string[]; wrong: string[] } {
  const wrong: string[] = []
  const names: string[] = []
  const seen = new Set<object>()
  const waiting = [{ value: object, key: '' }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, key } = next
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (Array.isArray(value)) {
      for (const item of value) waiting.push({ value: item, key })
      continue
    }
    for (const [name, child] of Object.entries(value)) {
      waiting.push({ value: child, key: name })
      if ((name !== 'image' && name !== 'imageID') || typeof child !== 'string') continue
      if (parseImageReference(child) !== undefined) names.push(child)
      else if (name === 'image' && CONTAINERS.includes(key) && child !== '') wrong.push(child)
    }
  }
  return { names, wrong }
}
