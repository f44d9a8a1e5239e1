"""Transactions, version, health and the cluster's name."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf import empty_pb2
from python_pachyderm.proto.v2.admin import admin_pb2
from python_pachyderm.proto.v2.transaction import transaction_pb2
from python_pachyderm.proto.v2.version.versionpb import version_pb2

from releasectl.sandbox.pachd import requests
from releasectl.sandbox.pachd.servicers.table import Server

Context = grpc.ServicerContext
VERSION = {"major": 2, "minor": 7, "micro": 6, "additional": "-sandbox"}


def start_transaction(server: Server, _request: Any, _: Context) -> Any:
    return requests.start(server.store).transaction


def inspect_transaction(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        return requests.load(conn, request.transaction.id)


def list_transaction(server: Server, _request: Any, _: Context) -> Any:
    with server.store.db.read() as conn:
        rows = conn.execute("SELECT id FROM txn ORDER BY started").fetchall()
        infos = [requests.load(conn, row["id"]) for row in rows]
    return transaction_pb2.TransactionInfos(transaction_info=infos)


def finish_transaction(server: Server, request: Any, _: Context) -> Any:
    return requests.finish(server.store, request.transaction.id)


def delete_transaction(server: Server, request: Any, _: Context) -> Any:
    with server.store.db.write() as conn:
        requests.load(conn, request.transaction.id)
        conn.execute("DELETE FROM txn WHERE id = ?", (request.transaction.id,))
    return empty_pb2.Empty()


def delete_all_transactions(server: Server, _request: Any, _: Context) -> Any:
    with server.store.db.write() as conn:
        conn.execute("DELETE FROM txn")
    return empty_pb2.Empty()


def batch_transaction(server: Server, request: Any, _: Context) -> Any:
    return requests.batch(server.store, request.requests)


def get_version(_server: Server, _request: Any, _: Context) -> Any:
    return version_pb2.Version(**VERSION)


def inspect_cluster(server: Server, _request: Any, _: Context) -> Any:
    id_ = server.store.cluster_id()
    return admin_pb2.ClusterInfo(id=id_, deployment_id=id_)


TRANSACTIONS = {
    "StartTransaction": start_transaction,
    "InspectTransaction": inspect_transaction,
    "ListTransaction": list_transaction,
    "FinishTransaction": finish_transaction,
    "DeleteTransaction": delete_transaction,
    "DeleteAll": delete_all_transactions,
    "BatchTransaction": batch_transaction,
}
VERSIONS = {"GetVersion": get_version}
ADMIN = {"InspectCluster": inspect_cluster}
