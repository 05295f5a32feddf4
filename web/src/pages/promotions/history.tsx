import { usePages } from '../../api/use-pages.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Empty } from '../../parts/empty.tsx'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { placeText, type Receipt } from './promotion-text.ts'

/** The receipts of promotions and rollbacks, the newest first. */
export function History() {
  const receipts = usePages(
    '/v1/promotions',
    { query: { limit: 50 } },
    (page): readonly Receipt[] => page.promotions,
  )
  return (
    <>
      {receipts.items.length > 0 && (
        <TableBox isCards label="Promotions that are done">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Image</th>
                <th>To</th>
                <th class="number">Sent</th>
                <th>Asked by</th>
              </tr>
            </thead>
            <tbody>
              {receipts.items.map((one) => (
                <tr key={one.id}>
                  <th scope="row">
                    <a href={`/promotions/${one.id}`}>
                      <Time at={one.at} />
                    </a>{' '}
                    {one.kind === 'rollback' && <span class="badge badge-warning">rollback</span>}
                  </th>
                  <td class="promotion-place wide" data-label="Image">
                    <Said text={placeText(one.from)} />
                  </td>
                  <td class="promotion-place wide" data-label="To">
                    <Said text={placeText(one.to)} />
                  </td>
                  <td class="number" data-label="Sent">
                    {one.kind === 'promotion' ? (
                      <Bytes of={one.blobs.sent.bytes} />
                    ) : (
                      <span class="unknown">nothing</span>
                    )}
                  </td>
                  <td data-label="Asked by">
                    <Said text={one.by} />
                    {one.rule !== undefined && (
                      <div class="hint">
                        rule <Said text={one.rule} />
                      </div>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      {receipts.items.length === 0 && !receipts.hasMore && !receipts.error && (
        <Empty title="Nothing was promoted yet">
          Rules in <code>promotion.rules</code> copy what is pushed; or somebody asks for a promotion.
        </Empty>
      )}
      <More of={receipts} />
    </>
  )
}
