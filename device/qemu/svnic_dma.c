/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: DMA with a function's own requester id.
 *
 * If no IOMMU translates (there is none, or pass-through), the data thread
 * accesses the function's address space directly. An IOMMU may only be asked
 * for a translation with the BQL held: a fault makes it send an interrupt, and
 * a change to pass-through makes it alter the memory map. So translations are
 * requested with the BQL held, and cached. The IOMMU reports what it unmaps,
 * also with the BQL held. An access with a cached translation takes only
 * dma_lock. The unmapping takes it as well: when the unmapping has returned, no
 * access reaches the old page.
 *
 * Only RAM is accessible (attrs.memory), not the registers of other devices.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/main-loop.h"
#include "exec/address-spaces.h"
#include "hw/pci/pci.h"
#include "system/dma.h"

#include "svnic_qemu.h"

/*
 * Cached translations of a function, in sets whose entries are replaced in
 * turn. So the cache takes 128 KiB of the host's memory, whatever a guest maps.
 */
#define SVNIC_PAGE_SETS_LOG2 10
#define SVNIC_PAGE_WAYS 4
#define SVNIC_PAGES (SVNIC_PAGE_WAYS << SVNIC_PAGE_SETS_LOG2)
/* If more pages are unmapped, the whole cache is scanned. */
#define SVNIC_UNMAP_FEW 64
/* Number of low bits of a key that hold log2 of the page size. */
#define SVNIC_PAGE_KEY_BITS 6

/**
 * SvnicPage: a cached translation
 * @key: address, with log2 of the page size in the low bits; 0 if unused
 * @as: target address space
 * @to: address there
 * @perm: permissions that were requested and allowed so far
 */
struct SvnicPage {
    uint64_t key;
    AddressSpace *as;
    hwaddr to;
    IOMMUAccessFlags perm;
};

/* An access that needs the BQL; it ends at the end of a page at the latest. */
typedef struct SvnicDmaCall {
    SvnicFunction *f;
    hwaddr addr;
    void *buf;
    size_t len;
    DMADirection dir;
    bool ok;
} SvnicDmaCall;

static MemTxAttrs svnic_host_dma_attrs(SvnicFunction *f)
{
    return (MemTxAttrs) {
        .memory = 1,
        .requester_id = pci_requester_id(f->dev),
    };
}

static IOMMUAccessFlags svnic_host_dma_perm(DMADirection dir)
{
    return dir == DMA_DIRECTION_TO_DEVICE ? IOMMU_RO : IOMMU_WO;
}

static uint64_t svnic_host_dma_page_key(hwaddr addr, unsigned shift)
{
    return (addr & ~MAKE_64BIT_MASK(0, shift)) | shift;
}

/* This function and the next ones are called with dma_lock held. */
static void svnic_host_dma_flush(SvnicDma *dma)
{
    if (dma->pages) {
        memset(dma->pages, 0, SVNIC_PAGES * sizeof(*dma->pages));
    }
    dma->sizes = 0;
}

/* The set that @key belongs to */
static SvnicPage *svnic_host_dma_page_set(const SvnicDma *dma, uint64_t key)
{
    uint64_t hash = key * 0x9e3779b97f4a7c15ull;

    return &dma->pages[SVNIC_PAGE_WAYS * (hash >>
                                          (64 - SVNIC_PAGE_SETS_LOG2))];
}

static SvnicPage *svnic_host_dma_page_find(const SvnicDma *dma, uint64_t key)
{
    SvnicPage *set = svnic_host_dma_page_set(dma, key);
    int i;

    for (i = 0; i < SVNIC_PAGE_WAYS; i++) {
        if (set[i].key == key) {
            return &set[i];
        }
    }
    return NULL;
}

static SvnicPage *svnic_host_dma_lookup(const SvnicDma *dma, hwaddr addr)
{
    uint64_t sizes = dma->sizes;

    while (sizes) {
        unsigned shift = ctz64(sizes);
        uint64_t key = svnic_host_dma_page_key(addr, shift);
        SvnicPage *page = svnic_host_dma_page_find(dma, key);

        if (page) {
            return page;
        }
        sizes &= sizes - 1;
    }
    return NULL;
}

static void svnic_host_dma_keep(SvnicFunction *f, hwaddr addr, DMADirection dir,
                                const IOMMUTLBEntry *entry)
{
    SvnicDma *dma = &f->dma;
    unsigned shift = ctz64(~entry->addr_mask);
    SvnicPage *page;
    uint64_t key;

    QEMU_LOCK_GUARD(&f->nic->dma_lock);
    if (!dma->pages || dma->direct ||
        shift < SVNIC_PAGE_KEY_BITS || shift >= 1 << SVNIC_PAGE_KEY_BITS) {
        return;
    }

    key = svnic_host_dma_page_key(addr, shift);
    page = svnic_host_dma_page_find(dma, key);
    if (!page) {
        page = svnic_host_dma_page_set(dma, key) +
               dma->turn++ % SVNIC_PAGE_WAYS;
        page->key = key;
        page->perm = IOMMU_NONE;
        dma->sizes |= 1ull << shift;
    }
    page->as = entry->target_as;
    page->to = entry->translated_addr;
    page->perm |= svnic_host_dma_perm(dir);
}

/* The BQL is held. */
static void svnic_host_dma_call(void *opaque)
{
    SvnicDmaCall *call = opaque;
    SvnicFunction *f = call->f;
    MemTxAttrs attrs = svnic_host_dma_attrs(f);
    IOMMUTLBEntry entry;

    RCU_READ_LOCK_GUARD();
    entry = address_space_get_iotlb_entry(&f->dev->bus_master_as, call->addr,
                                          call->dir ==
                                          DMA_DIRECTION_FROM_DEVICE, attrs);
    if (entry.perm == IOMMU_NONE) {
        call->ok = false;
        return;
    }
    call->len = MIN(call->len - 1, entry.addr_mask -
                    (call->addr & entry.addr_mask)) + 1;
    call->ok = dma_memory_rw(entry.target_as, entry.translated_addr |
                             (call->addr & entry.addr_mask), call->buf,
                             call->len, call->dir, attrs) == MEMTX_OK;
    if (call->ok) {
        svnic_host_dma_keep(f, call->addr, call->dir, &entry);
    }
}

/*
 * A reset clears Bus Master Enable, but QEMU does not disable the bus master
 * address space then. So the register is checked here.
 */
bool svnic_host_dma_may_master(const SvnicFunction *f)
{
    const uint8_t *config = f->dev->config;

    return pci_get_word(config + PCI_COMMAND) & PCI_COMMAND_MASTER &&
           !(f->dev->pm_cap &&
             pci_get_word(config + f->dev->pm_cap + PCI_PM_CTRL) &
             PCI_PM_CTRL_STATE_MASK);
}

/*
 * Called after a change of svnic_host_dma_may_master(): waits for the end of
 * all accesses that began before.
 */
void svnic_host_dma_drain(SvnicFunction *f)
{
    qemu_mutex_lock(&f->nic->dma_lock);
    qemu_mutex_unlock(&f->nic->dma_lock);
}

/*
 * Does as much of an access as is possible without the BQL. Returns the number
 * of bytes, 0 if the BQL is needed, or -1 on error.
 */
static ssize_t svnic_host_dma_try(SvnicFunction *f, hwaddr addr, void *buf,
                                  size_t len, DMADirection dir)
{
    SvnicDma *dma = &f->dma;
    AddressSpace *as = &f->dev->bus_master_as;
    hwaddr to = addr;

    QEMU_LOCK_GUARD(&f->nic->dma_lock);
    if (!svnic_host_dma_may_master(f)) {
        return -1;
    }
    if (!dma->direct) {
        SvnicPage *page = svnic_host_dma_lookup(dma, addr);
        hwaddr mask;

        if (!page || !(page->perm & svnic_host_dma_perm(dir))) {
            return 0;
        }
        mask = MAKE_64BIT_MASK(0, page->key &
                               MAKE_64BIT_MASK(0, SVNIC_PAGE_KEY_BITS));
        as = page->as;
        to = page->to | (addr & mask);
        len = MIN(len - 1, mask - (addr & mask)) + 1;
    }
    if (dma_memory_rw(as, to, buf, len, dir,
                      svnic_host_dma_attrs(f)) != MEMTX_OK) {
        return -1;
    }
    return len;
}

/* In the core, with or without the BQL. Returns 0 or -1. */
int svnic_host_dma_rw(SvnicFunction *f, uint64_t addr, void *buf, size_t len,
                      DMADirection dir)
{
    while (len) {
        ssize_t done = svnic_host_dma_try(f, addr, buf, len, dir);

        if (done == 0) {
            SvnicDmaCall call = {
                .f = f, .addr = addr, .buf = buf, .len = len, .dir = dir,
            };

            svnic_thread_call_bql(f->nic, svnic_host_dma_call, &call);
            done = call.ok ? call.len : -1;
        }
        if (done < 0) {
            return -1;
        }
        addr += done;
        buf += done;
        len -= done;
    }
    return 0;
}

static bool svnic_host_dma_page_overlaps(const SvnicPage *page,
                                    const IOMMUTLBEntry *gone)
{
    hwaddr mask = MAKE_64BIT_MASK(0, page->key &
                                  MAKE_64BIT_MASK(0, SVNIC_PAGE_KEY_BITS));
    hwaddr start = page->key & ~mask;

    return start <= gone->iova + gone->addr_mask &&
           gone->iova <= start + mask;
}

static void svnic_host_dma_drop(SvnicDma *dma, const IOMMUTLBEntry *gone)
{
    int i;

    for (i = 0; i < SVNIC_PAGES; i++) {
        if (dma->pages[i].key &&
            svnic_host_dma_page_overlaps(&dma->pages[i], gone)) {
            dma->pages[i].key = 0;
        }
    }
}

/* Looks up a few pages one by one, but scans the cache for many. */
static void svnic_host_dma_unmap(IOMMUNotifier *n, IOMMUTLBEntry *gone)
{
    SvnicDma *dma = container_of(n, SvnicDma, notifier);
    SvnicFunction *f = container_of(dma, SvnicFunction, dma);
    uint64_t sizes;

    QEMU_LOCK_GUARD(&f->nic->dma_lock);
    for (sizes = dma->sizes; sizes; sizes &= sizes - 1) {
        unsigned shift = ctz64(sizes);
        hwaddr count = (gone->addr_mask >> shift) + 1;
        hwaddr i;

        if (count > SVNIC_UNMAP_FEW) {
            svnic_host_dma_drop(dma, gone);
            return;
        }
        for (i = 0; i < count; i++) {
            hwaddr addr = gone->iova + (i << shift);
            uint64_t key = svnic_host_dma_page_key(addr, shift);
            SvnicPage *page = svnic_host_dma_page_find(dma, key);

            if (page) {
                page->key = 0;
            }
        }
    }
}

/*
 * True if the IOMMU is known to report everything that it unmaps. AMD's does
 * not, up to QEMU 10.
 */
static bool svnic_host_dma_iommu_tells(IOMMUMemoryRegion *iommu)
{
    return object_dynamic_cast(OBJECT(iommu),
                               "intel-iommu-iommu-memory-region");
}

/*
 * One notifier for the whole region of the IOMMU and not one for each section:
 * the IOMMU may unmap more than a section at once, which QEMU treats as an
 * error of a notifier for a section.
 */
static void svnic_host_dma_region_add(MemoryListener *listener,
                                      MemoryRegionSection *section)
{
    SvnicDma *dma = container_of(listener, SvnicDma, listener);
    SvnicFunction *f = container_of(dma, SvnicFunction, dma);
    IOMMUMemoryRegion *iommu;

    if (!memory_region_is_iommu(section->mr)) {
        return;
    }
    WITH_QEMU_LOCK_GUARD(&f->nic->dma_lock) {
        dma->direct = false;
        svnic_host_dma_flush(dma);
    }
    if (dma->sections++) {
        return;
    }

    iommu = IOMMU_MEMORY_REGION(section->mr);
    if (!svnic_host_dma_iommu_tells(iommu) ||
        section->offset_within_address_space !=
        section->offset_within_region) {
        return;
    }
    iommu_notifier_init(&dma->notifier, svnic_host_dma_unmap,
                        IOMMU_NOTIFIER_UNMAP, 0, HWADDR_MAX,
                        memory_region_iommu_attrs_to_index(iommu,
                            svnic_host_dma_attrs(f)));
    if (memory_region_register_iommu_notifier(section->mr, &dma->notifier,
                                              NULL)) {
        return;
    }
    dma->iommu = iommu;
    WITH_QEMU_LOCK_GUARD(&f->nic->dma_lock) {
        dma->pages = g_new0(SvnicPage, SVNIC_PAGES);
    }
}

static void svnic_host_dma_region_del(MemoryListener *listener,
                                      MemoryRegionSection *section)
{
    SvnicDma *dma = container_of(listener, SvnicDma, listener);
    SvnicFunction *f = container_of(dma, SvnicFunction, dma);

    if (!memory_region_is_iommu(section->mr) || --dma->sections) {
        return;
    }
    WITH_QEMU_LOCK_GUARD(&f->nic->dma_lock) {
        g_clear_pointer(&dma->pages, g_free);
        dma->sizes = 0;
    }
    if (dma->iommu) {
        memory_region_unregister_iommu_notifier(MEMORY_REGION(dma->iommu),
                                                &dma->notifier);
        dma->iommu = NULL;
    }
}

/*
 * region_del is called before the address space changes, so only here, after
 * the change, it is certain that no access reaches the IOMMU. region_add is
 * called before the change as well, and direct access must end then.
 */
static void svnic_host_dma_commit(MemoryListener *listener)
{
    SvnicDma *dma = container_of(listener, SvnicDma, listener);
    SvnicFunction *f = container_of(dma, SvnicFunction, dma);

    if (!dma->sections && !dma->direct) {
        QEMU_LOCK_GUARD(&f->nic->dma_lock);
        dma->direct = true;
    }
}

void svnic_host_dma_init(SvnicFunction *f)
{
    SvnicDma *dma = &f->dma;

    dma->listener = (MemoryListener) {
        .name = "svnic",
        .region_add = svnic_host_dma_region_add,
        .region_del = svnic_host_dma_region_del,
        .commit = svnic_host_dma_commit,
    };
    memory_listener_register(&dma->listener, &f->dev->bus_master_as);
}

void svnic_host_dma_exit(SvnicFunction *f)
{
    memory_listener_unregister(&f->dma.listener);
}
