import type uPlot from 'uplot'
import type { TimelineMark } from './timeline-props.ts'

/** CSS pixels: the radius of a number, how far numbers below each other are apart, and how near marks are that share a place. */
const [RADIUS, STEP, NEAR] = [8.5, 19, 20]
/** Numbers below each other for which there is room. The list of marks has the others. */
const MOST = 7

/** Draws a line with a number at each mark, in the order of the marks. */
export function drawMarks(
  plot: uPlot,
  marks: readonly TimelineMark[],
  { ink, paper }: { ink: string; paper: string },
): void {
  const { ctx, bbox } = plot
  const scale = devicePixelRatio
  ctx.save()
  ctx.strokeStyle = ink
  ctx.lineWidth = scale
  ctx.font = `600 ${11 * scale}px ${getComputedStyle(plot.root).fontFamily}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'middle'
  let lastX = Number.NEGATIVE_INFINITY
  let level = 0
  for (const [n, { at }] of marks.entries()) {
    const x = Math.round(plot.valToPos(at, 'x', true))
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    level = x - lastX < NEAR * scale ? level + 1 : 0
    if (level >= MOST) continue
    if (level === 0) lastX = x
    const y = bbox.top + (RADIUS + 1 + level * STEP) * scale
    ctx.setLineDash([2 * scale, 3 * scale])
    ctx.beginPath()
    ctx.moveTo(x, y)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.setLineDash([])
    ctx.fillStyle = paper
    ctx.beginPath()
    ctx.arc(x, y, RADIUS * scale, 0, 2 * Math.PI)
    ctx.fill()
    ctx.stroke()
    ctx.fillStyle = ink
    ctx.fillText(String(n + 1), x, y + 0.5 * scale)
  }
  ctx.restore()
}
