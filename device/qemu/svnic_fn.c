/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: the PCI part that PF and VFs have in common.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/units.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_aer.h"

#include "svnic_qemu.h"

#define SVNIC_CAP_AER   0x100
#define SVNIC_CAP_ARI   0x150

#define SVNIC_BAR_TYPE  (PCI_BASE_ADDRESS_SPACE_MEMORY |    \
                         PCI_BASE_ADDRESS_MEM_TYPE_64 |     \
                         PCI_BASE_ADDRESS_MEM_PREFETCH)

static bool svnic_host_fn_there(const SvnicFunction *f)
{
    return f->nic->fns[f->fn] == f;
}

static uint64_t svnic_host_fn_read(void *opaque, hwaddr addr, unsigned size)
{
    SvnicFunction *f = opaque;
    uint64_t val;

    if (!svnic_host_fn_there(f)) {
        return UINT64_MAX;
    }
    svnic_thread_lock(f->nic);
    val = svnic_core_mmio_read(f->nic->core, f->fn, addr, size);
    svnic_thread_unlock(f->nic);
    if (f->nic->faults) {
        val = svnic_fault_read(f, addr, val);
    }
    if (f->nic->bad_version && addr == SVNIC_REG_VERSION) {
        val += 1 << SVNIC_VERSION_MAJOR_SHIFT;
    }
    return f->nic->gone ? UINT64_MAX : val;
}

static void svnic_host_fn_write(void *opaque, hwaddr addr, uint64_t val,
                                unsigned size)
{
    SvnicFunction *f = opaque;

    /* These are two merged writes (2.7); a fault may apply to one of them. */
    if (f->nic->faults && size == 8 && !(addr % 8)) {
        svnic_host_fn_write(opaque, addr, (uint32_t)val, 4);
        svnic_host_fn_write(opaque, addr + 4, val >> 32, 4);
        return;
    }
    if (!svnic_host_fn_there(f) ||
        (f->nic->faults && size == 4 && svnic_fault_write(f, addr, val)) ||
        svnic_core_doorbell(f->nic->core, f->fn, addr, val, size)) {
        return;
    }
    svnic_thread_lock(f->nic);
    svnic_core_mmio_write(f->nic->core, f->fn, addr, val, size);
    svnic_thread_unlock(f->nic);
}

/* The core checks sizes itself. */
static const MemoryRegionOps svnic_host_fn_ops = {
    .read = svnic_host_fn_read,
    .write = svnic_host_fn_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 8,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 8,
    },
};

/* BAR2: the MSI-X table in the first half, the pending bits in the second. */
uint64_t svnic_host_fn_msix_size(const struct svnic_core *core, unsigned fn)
{
    uint64_t table = svnic_core_vectors(core, fn) * PCI_MSIX_ENTRY_SIZE;

    return 2 * pow2ceil(MAX(table, 4 * KiB));
}

bool svnic_host_fn_realize(SvnicFunction *f, SvnicState *s, PCIDevice *dev,
                           unsigned fn, Error **errp)
{
    uint64_t regs_size = svnic_core_bar_size(s->core, fn);
    uint64_t msix_size = svnic_host_fn_msix_size(s->core, fn);
    unsigned vectors = svnic_core_vectors(s->core, fn);
    unsigned i;

    if (s->small_bar) {
        regs_size = 4 * KiB;
    }
    f->nic = s;
    f->dev = dev;
    f->fn = fn;
    g_assert(vectors <= 64);    /* bits of SvnicFunction.irqs */

    memory_region_init_io(&f->regs, OBJECT(dev), &svnic_host_fn_ops, f,
                          "svnic-regs", regs_size);
    pci_register_bar(dev, SVNIC_BAR_REGS, SVNIC_BAR_TYPE, &f->regs);
    memory_region_init(&f->msix, OBJECT(dev), "svnic-msix", msix_size);
    pci_register_bar(dev, SVNIC_BAR_MSIX, SVNIC_BAR_TYPE, &f->msix);

    if (!s->no_msix &&
        msix_init(dev, vectors, &f->msix, SVNIC_BAR_MSIX, 0,
                  &f->msix, SVNIC_BAR_MSIX, msix_size / 2, 0, errp)) {
        return false;
    }
    for (i = 0; i < vectors && !s->no_msix; i++) {
        msix_vector_use(dev, i);
    }

    if (pcie_endpoint_cap_init(dev, 0) < 0) {
        error_setg(errp, "svnic: no room for the PCIe capability");
        goto no_pcie;
    }
    pcie_cap_fill_link_ep_usp(dev, QEMU_PCI_EXP_LNK_X8,
                              QEMU_PCI_EXP_LNK_16GT);
    pcie_cap_deverr_init(dev);
    pcie_cap_flr_init(dev);
    if (pcie_aer_init(dev, PCI_ERR_VER, SVNIC_CAP_AER, PCI_ERR_SIZEOF,
                      errp) < 0) {
        goto no_aer;
    }
    pcie_ari_init(dev, SVNIC_CAP_ARI);

    svnic_host_dma_init(f);
    s->fns[fn] = f;
    return true;

no_aer:
    pcie_cap_exit(dev);
no_pcie:
    msix_unuse_all_vectors(dev);
    msix_uninit(dev, &f->msix, &f->msix);
    return false;
}

/* Called when the core does nothing for this function any more. */
void svnic_host_fn_exit(SvnicFunction *f)
{
    f->nic->fns[f->fn] = NULL;
    svnic_host_dma_exit(f);
    pcie_aer_exit(f->dev);
    pcie_cap_exit(f->dev);
    msix_unuse_all_vectors(f->dev);
    msix_uninit(f->dev, &f->msix, &f->msix);
}

void svnic_host_fn_write_config(SvnicFunction *f, uint32_t addr, uint32_t val,
                                int len)
{
    svnic_thread_hold(f->nic);
    /*
     * VF Enable maps or unmaps the BARs of up to 248 VFs. This takes
     * milliseconds with one update of the memory map, but minutes with one
     * update for each BAR, and the vCPU that writes waits for it.
     */
    memory_region_transaction_begin();
    pci_default_write_config(f->dev, addr, val, len);
    memory_region_transaction_commit();
    svnic_host_dma_drain(f);
    pcie_cap_flr_write_config(f->dev, addr, val, len);
    svnic_thread_release(f->nic);
}

/* For reset handlers: true if the reset is an FLR. */
bool svnic_host_fn_in_flr(const SvnicFunction *f)
{
    const PCIDevice *dev = f->dev;

    return pci_get_word(dev->config + dev->exp.exp_cap + PCI_EXP_DEVCTL) &
           PCI_EXP_DEVCTL_BCR_FLR;
}

/* On return the function does no DMA and sends no MSI-X. */
void svnic_host_fn_reset(SvnicFunction *f)
{
    svnic_thread_lock(f->nic);
    svnic_core_flr(f->nic->core, f->fn);
    svnic_fault_reset(f->nic, f->fn);
    svnic_thread_unlock(f->nic);
}
