// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reference SV-NIC: access to host memory. It is counted in requests of PCIe
 * (section 9), which do not cross a boundary of 4096 bytes. This is also most
 * of the cost of a turn (section 10.7).
 */
#include "svnic_core_dma.h"
#include "svnic_core_priv.h"
#include "svnic_core_turn.h"

#define SVNIC_DMA_PAGE	4096	/* PCIe: no request crosses it */

static uint64_t svnic_dma_requests(uint64_t addr, size_t len)
{
	return (addr % SVNIC_DMA_PAGE + len + SVNIC_DMA_PAGE - 1) /
	       SVNIC_DMA_PAGE;
}

int svnic_dma_read(struct svnic_core *core, struct svnic_fn *fn,
		   uint64_t addr, void *buf, size_t len)
{
	uint64_t requests = svnic_dma_requests(addr, len);

	if (addr + len < addr)
		return -1;
	fn->s.stats.dma_reads += requests;
	fn->s.stats.dma_read_bytes += len;
	core->cost += len + requests * SVNIC_COST_REQUEST;
	return core->ops.dma_read(core->host, fn->id, addr, buf, len);
}

static bool svnic_dma_write_count(struct svnic_core *core, struct svnic_fn *fn,
				  uint64_t addr, size_t len)
{
	uint64_t requests = svnic_dma_requests(addr, len);

	if (addr + len < addr)
		return false;
	fn->s.stats.dma_writes += requests;
	fn->s.stats.dma_write_bytes += len;
	core->cost += len + requests * SVNIC_COST_REQUEST;
	return true;
}

int svnic_dma_write(struct svnic_core *core, struct svnic_fn *fn,
		    uint64_t addr, const void *buf, size_t len)
{
	if (!svnic_dma_write_count(core, fn, addr, len))
		return -1;
	return core->ops.dma_write(core->host, fn->id, addr, buf, len);
}

/* The last word of the first entry, its phase, becomes visible last. */
static int svnic_dma_publish(struct svnic_core *core, struct svnic_fn *fn,
			     uint64_t addr, const void *buf, size_t len,
			     size_t entry)
{
	if (!svnic_dma_write_count(core, fn, addr, len))
		return -1;
	return core->ops.dma_publish(core->host, fn->id, addr, buf, len,
				     entry - sizeof(uint32_t));
}

/* Section 4.3: @n entries from @index on, which may wrap at the ring's end. */
int svnic_ring_read(struct svnic_core *core, struct svnic_fn *fn,
		    uint64_t base, uint32_t size, uint32_t index,
		    void *buf, uint32_t n, size_t entry)
{
	uint32_t slot = index & (size - 1);
	uint32_t first = n < size - slot ? n : size - slot;

	if (svnic_dma_read(core, fn, base + slot * entry, buf, first * entry))
		return -1;
	if (first == n)
		return 0;
	return svnic_dma_read(core, fn, base, (uint8_t *)buf + first * entry,
			      (n - first) * entry);
}

/*
 * Writes entries that end with a phase (sections 4.5 and 6). A driver reads the
 * ring in order, so it looks at none of them before the first is valid. The
 * phase of the first one becomes visible when all are written.
 */
int svnic_ring_write(struct svnic_core *core, struct svnic_fn *fn,
		     uint64_t base, uint32_t size, uint32_t index,
		     const void *buf, uint32_t n, size_t entry)
{
	uint32_t slot = index & (size - 1);
	uint32_t first = n < size - slot ? n : size - slot;

	if (first != n &&
	    svnic_dma_write(core, fn, base,
			    (const uint8_t *)buf + first * entry,
			    (n - first) * entry))
		return -1;
	return svnic_dma_publish(core, fn, base + slot * entry, buf,
				 first * entry, entry);
}
