/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC, portable core: access to host memory (dma.c).
 */
#ifndef SVNIC_CORE_DMA_H
#define SVNIC_CORE_DMA_H

#include "svnic_core_state.h"

struct svnic_core;
struct svnic_fn;

/* dma.c */
int svnic_dma_read(struct svnic_core *core, struct svnic_fn *fn,
		   uint64_t addr, void *buf, size_t len);
int svnic_dma_write(struct svnic_core *core, struct svnic_fn *fn,
		    uint64_t addr, const void *buf, size_t len);
int svnic_ring_read(struct svnic_core *core, struct svnic_fn *fn,
		    uint64_t base, uint32_t size, uint32_t index,
		    void *buf, uint32_t n, size_t entry);
int svnic_ring_write(struct svnic_core *core, struct svnic_fn *fn,
		     uint64_t base, uint32_t size, uint32_t index,
		     const void *buf, uint32_t n, size_t entry);

#endif /* SVNIC_CORE_DMA_H */
