import { useState } from 'preact/hooks'
import { printable } from '../../../../src/platform/printable.ts'
import { usePages } from '../../api/use-pages.ts'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Page } from '../../parts/page.tsx'
import { useQuery } from '../../parts/use-query.ts'
import { seesAll } from '../../session.ts'
import { BrokenImageItem } from './broken-image-item.tsx'
import type { BrokenImage } from './broken-text.ts'
import { LookedAt } from './looked-at.tsx'
import { Repair } from './repair.tsx'
import './broken-images.css'

/** Images whose content is missing or wrong, and their repair. */
export default function BrokenImages() {
  const [{ registry, project }] = useQuery()
  const [asks, setAsks] = useState<BrokenImage>()
  const pages = usePages(
    '/v1/broken-images',
    { query: { limit: 100, ...(registry && { registry }), ...(project && { project }) } },
    (page): readonly BrokenImage[] => page.images,
    { everyMs: 10_000 },
  )
  const { items } = pages
  const breaks = new Map<string, number>()
  for (const { digest } of items.flatMap(({ damages }) => damages))
    breaks.set(digest, (breaks.get(digest) ?? 0) + 1)
  const limited = project ?? registry
  const isNone = items.length === 0 && !pages.hasMore && !pages.error
  return (
    <Page
      title="Broken images"
      lead="A pull of these fails: the registry lacks content of them, or has other content than their digests say."
    >
      {limited && (
        <p>
          Only those of {printable(limited)}. <a href="/broken-images">Show all</a>
        </p>
      )}
      {items.length > 0 && (
        <ul class="list broken-list">
          {items.map((image) => (
            <BrokenImageItem
              key={`${image.registry}/${image.repository}@${image.digest}`}
              image={image}
              breaks={breaks}
              repair={() => setAsks(image)}
            />
          ))}
        </ul>
      )}
      {isNone && (
        <Empty title="No image is known to be broken">
          {seesAll()
            ? 'That is as far as registries were looked at: see below.'
            : 'Each reconcile of a registry looks at its images, and so do scrubs, if they are configured.'}
        </Empty>
      )}
      <More of={pages} />
      {seesAll() && <LookedAt reload={pages.reload} />}
      {asks && <Repair image={asks} done={pages.reload} close={() => setAsks(undefined)} />}
    </Page>
  )
}
