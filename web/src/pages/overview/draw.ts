import { printable } from '../../../../src/platform/printable.ts'
import { formatSize } from '../../../../src/platform/units.ts'
import type { Scheme } from '../../parts/use-scheme.ts'
import { stepOf } from './colours.ts'
import { type Cell, HEAD } from './layout.ts'
import type { Colour } from './measures.ts'
import type { Node } from './tree.ts'

const GROUND = { light: '#ffffff', dark: '#181c23' }
const GROUP = { light: '#e4e8ee', dark: '#262d38' }
const GROUP_TEXT = { light: '#1b2330', dark: '#e6eaf0' }
const HATCH = { light: 'rgba(16, 22, 31, 0.5)', dark: 'rgba(255, 255, 255, 0.55)' }

export interface Look {
  colour: Colour
  scheme: Scheme
  /** Epoch ms. */
  now: number
  bytesOf: (node: Node) => number
  font: string
}

/** Draws the cells. Of each project, the part that expiry would free is hatched, from below. */
export function draw(
  context: CanvasRenderingContext2D,
  cells: readonly Cell[],
  { colour, scheme, now, bytesOf, font }: Look,
): void {
  const { width, height } = context.canvas
  const scale = devicePixelRatio
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.fillStyle = GROUND[scheme]
  context.fillRect(0, 0, width, height)
  const hatch = hatchOf(context, HATCH[scheme], scale)
  context.textBaseline = 'top'
  for (const cell of cells) {
    const { node, x, y, width, height } = cell
    if (!cell.isLeaf) {
      if (cell.depth === 1) drawGroup(context, cell, { scheme, bytesOf, font })
      continue
    }
    const step = stepOf(node, colour, now)
    context.fillStyle = step.cell[scheme]
    context.fillRect(x, y, width, height)
    const share = node.uniqueBytes > 0 ? Math.min(1, node.planUniqueBytes / node.uniqueBytes) : 0
    if (share > 0 && hatch && width > 3 && height > 3) {
      const hatched = Math.max(2, Math.round(share * height))
      context.fillStyle = hatch
      context.fillRect(x, y + height - hatched, width, hatched)
    }
    if (width < 44 || height < 17) continue
    context.fillStyle = step.text[scheme]
    context.font = `600 12px ${font}`
    const room = width - 10
    // What is hatched is no ground for text.
    context.save()
    context.beginPath()
    context.rect(x, y, width, height)
    context.clip()
    if (share > 0.25) plate(context, step.cell[scheme], x, y, width, Math.min(height, height > 34 ? 36 : 19))
    context.fillStyle = step.text[scheme]
    context.fillText(fitting(context, printable(node.name), room), x + 5, y + 3)
    if (height > 34) {
      context.font = `12px ${font}`
      context.fillText(fitting(context, formatSize(bytesOf(node)), room), x + 5, y + 18)
    }
    context.restore()
  }
}

function drawGroup(
  context: CanvasRenderingContext2D,
  { node, x, y, width, height }: Cell,
  { scheme, bytesOf, font }: Pick<Look, 'scheme' | 'bytesOf' | 'font'>,
): void {
  context.fillStyle = GROUP[scheme]
  context.fillRect(x, y, width, height)
  if (width <= 56 || height <= 48) return
  context.fillStyle = GROUP_TEXT[scheme]
  context.font = `600 12px ${font}`
  const name = fitting(context, `${printable(node.name)}  ${formatSize(sumOf(node, bytesOf))}`, width - 10)
  context.fillText(name, x + 5, y + (HEAD - 13) / 2)
}

const sumOf = (node: Node, bytesOf: (node: Node) => number): number => bytesOf(node)

function plate(
  context: CanvasRenderingContext2D,
  colour: string,
  ...[x, y, width, height]: [number, number, number, number]
): void {
  context.fillStyle = colour
  context.fillRect(x, y, width, height)
}

function hatchOf(context: CanvasRenderingContext2D, colour: string, scale: number): CanvasPattern | null {
  const size = Math.round(7 * scale)
  const tile = document.createElement('canvas')
  tile.width = size
  tile.height = size
  const pen = tile.getContext('2d')
  if (pen === null) return null
  pen.strokeStyle = colour
  pen.lineWidth = 1.3 * scale
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size)
    pen.lineTo(shift + size, 0)
  }
  pen.stroke()
  const pattern = context.createPattern(tile, 'repeat')
  // The pattern is in pixels of the screen.
  pattern?.setTransform(new DOMMatrix().scale(1 / scale))
  return pattern
}

/** The text, or as much of it as fits. */
function fitting(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text
  let [low, high] = [0, text.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle
    else high = middle - 1
  }
  return low < 2 ? '' : `${text.slice(0, low)}…`
}
