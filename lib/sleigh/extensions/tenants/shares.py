"""How much of a micro-batch each tenant gets: max-min fair shares of what can be done in one."""


def fair(wanted, capacity):
    """{tenant: rows it gets} for {tenant: rows it has}, `capacity` rows in all.

    Nobody gets more than he has, all are served alike up to that, and nothing is left over while somebody wants it. So
    whoever has less than an equal share is served in full, however much the others have. (Bertsekas and Gallager, Data
    Networks, 1992, 6.5.2.) What does not divide goes to those who want most.
    """
    shares, left = {}, capacity
    for served, (tenant, rows) in enumerate(sorted(wanted.items(), key=lambda pair: (pair[1], pair[0]))):
        shares[tenant] = min(rows, left // (len(wanted) - served))
        left -= shares[tenant]
    return shares
