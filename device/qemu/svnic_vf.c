/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reference SV-NIC: a virtual function. QEMU makes them all together with the
 * PF; VF Enable only shows them.
 */
#include "qemu/osdep.h"
#include "qemu/range.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_sriov.h"
#include "migration/vmstate.h"

#include "svnic_qemu.h"

struct SvnicVF {
    PCIDevice parent_obj;

    SvnicFunction function;
};

/* Section 2.3: Table Size of MSI-X follows the grant, which may be none. */
static void svnic_vf_table_size(PCIDevice *dev)
{
    SvnicFunction *f = &SVNIC_VF(dev)->function;
    unsigned granted;

    svnic_host_lock(f->nic);
    granted = svnic_core_granted(f->nic->core, f->fn);
    svnic_host_unlock(f->nic);
    pci_set_word_by_mask(dev->config + dev->msix_cap + PCI_MSIX_FLAGS,
                         PCI_MSIX_FLAGS_QSIZE, MAX(granted, 1) - 1);
}

/* Memory Space Enable reads as zero in a VF: VF MSE of the PF is in its place. */
static uint32_t svnic_vf_read_config(PCIDevice *dev, uint32_t addr, int len)
{
    uint32_t val;

    if (dev->msix_cap && ranges_overlap(addr, len,
                                        dev->msix_cap + PCI_MSIX_FLAGS, 2)) {
        svnic_vf_table_size(dev);
    }
    val = pci_default_read_config(dev, addr, len);
    if (range_covers_byte(addr, len, PCI_COMMAND)) {
        val &= ~((uint32_t)PCI_COMMAND_MEMORY << 8 * (PCI_COMMAND - addr));
    }
    return val;
}

/*
 * QEMU maps a VF's BARs by this bit of its command register, and leaves it to
 * the guest. Here VF MSE sets it.
 */
void svnic_host_vf_map(PCIDevice *dev, bool map)
{
    uint16_t command = pci_get_word(dev->config + PCI_COMMAND);

    command = map ? command | PCI_COMMAND_MEMORY :
                    command & ~PCI_COMMAND_MEMORY;
    pci_set_word(dev->config + PCI_COMMAND, command);
    pci_default_write_config(dev, PCI_COMMAND, command, sizeof(command));
}

static void svnic_vf_write_config(PCIDevice *dev, uint32_t addr, uint32_t val,
                                  int len)
{
    svnic_host_fn_write_config(&SVNIC_VF(dev)->function, addr, val, len);
}

/*
 * Other resets than FLR come together with one of the PF, or with a change of
 * VF Enable; the core hears of both from the PF.
 */
static void svnic_vf_reset_hold(Object *obj, ResetType type)
{
    PCIDevice *dev = PCI_DEVICE(obj);
    SvnicFunction *f = &SVNIC_VF(obj)->function;

    if (f->fn <= f->nic->num_vfs &&
        pci_get_word(dev->config + dev->exp.exp_cap + PCI_EXP_DEVCTL) &
        PCI_EXP_DEVCTL_BCR_FLR) {
        svnic_host_fn_reset(f);
    }
}

static void svnic_vf_realize(PCIDevice *dev, Error **errp)
{
    SvnicState *s = SVNIC(pcie_sriov_get_pf(dev));

    dev->config_read = svnic_vf_read_config;
    dev->config_write = svnic_vf_write_config;
    pci_word_test_and_clear_mask(dev->wmask + PCI_COMMAND,
                                 PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
    svnic_host_fn_realize(&SVNIC_VF(dev)->function, s, dev,
                          SVNIC_VPORT_VF(pcie_sriov_vf_number(dev)), errp);
}

static void svnic_vf_exit(PCIDevice *dev)
{
    SvnicFunction *f = &SVNIC_VF(dev)->function;

    /* Unplugging a slot takes the VFs first, with the PF still at work. */
    svnic_host_lock(f->nic);
    svnic_host_fn_exit(f);
    svnic_host_unlock(f->nic);
}

static const VMStateDescription svnic_vf_vmstate = {
    .name = TYPE_SVNIC_VF,
    .unmigratable = 1,
};

static void svnic_vf_class_init(ObjectClass *class, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(class);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(class);

    pc->realize = svnic_vf_realize;
    pc->exit = svnic_vf_exit;
    pc->vendor_id = SVNIC_PCI_VENDOR_ID;
    pc->device_id = SVNIC_PCI_DEVICE_ID_VF;
    pc->class_id = PCI_CLASS_NETWORK_ETHERNET;
    RESETTABLE_CLASS(class)->phases.hold = svnic_vf_reset_hold;
    dc->desc = "SV-NIC virtual function";
    dc->vmsd = &svnic_vf_vmstate;
    dc->user_creatable = false;
    set_bit(DEVICE_CATEGORY_NETWORK, dc->categories);
}

static const TypeInfo svnic_vf_info = {
    .name = TYPE_SVNIC_VF,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(SvnicVF),
    .class_init = svnic_vf_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void svnic_vf_register_types(void)
{
    type_register_static(&svnic_vf_info);
}

type_init(svnic_vf_register_types)
