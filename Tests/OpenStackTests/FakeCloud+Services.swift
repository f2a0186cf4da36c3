import Foundation
import Web

extension FakeCloud.State {
    /// What the services answer when all is well.
    mutating func answer(_ request: WebRequest) -> WebResponse {
        let path = request.path
        if path.starts(with: ["identity", "v3", "auth", "tokens"]) { return login(request) }
        guard let token = request.headers["x-auth-token"], tokens.contains(token) else {
            return .json(["error": ["code": 401, "message": "The request needs a token."]], status: 401)
        }
        switch (request.method, path.dropFirst().joined(separator: "/")) {
        case ("GET", "v3/projects"), ("GET", "v3/auth/projects"):
            return .json(["projects": [["id": "p1", "name": "shop"]], "links": ["next": NSNull()]])
        case ("GET", "v2.1"):
            return .json(["version": ["id": "v2.1", "version": highest, "min_version": "2.1"]])
        case ("GET", "v2.1/servers/detail"), ("GET", "v2.1/servers"): return list(request)
        case ("POST", "v2.1/servers"): return create(request)
        case ("GET", "v2.1/os-hypervisors/detail"): return hypervisors(request)
        case ("GET", "v2.1/os-services"):
            return .json([
                "services": servers.map { ["host": $0.name, "state": $0.state, "status": "enabled", "zone": "nova"] }
            ])
        case ("GET", "v2.1/os-server-groups"):
            return .json(["server_groups": [["id": "g1", "name": "quarterdeck-web"]]])
        case ("GET", "v2.1/flavors/detail"):
            return .json(["flavors": [["id": "1", "name": "tiny", "vcpus": 1, "ram": 512, "disk": 4]]])
        case ("GET", "v2.1/os-keypairs"): return .json(["keypairs": [["keypair": ["name": "mine"]]]])
        case ("GET", "v2.1/limits"):
            return .json(["limits": ["absolute": Self.limits]])
        case ("GET", "v2/images"): return .json(["images": Self.images])
        case ("GET", "v2.0/networks"): return .json(["networks": [["id": "n1", "name": "lan"]]])
        case ("GET", "v2.0/subnets"):
            return .json(["subnets": [["id": "s1", "network_id": "n1", "cidr": "10.0.0.0/16"]]])
        default: return other(request)
        }
    }

    private static let limits = [
        "maxTotalInstances": 20, "maxTotalCores": -1, "maxTotalRAMSize": 80_000, "totalRAMUsed": 512,
        "totalCoresUsed": 1, "totalInstancesUsed": 1,
    ]

    private static let images = [
        ["id": "i0", "name": "coreos", "status": "active", "created_at": "2025-01-01T00:00:00Z"],
        ["id": "i1", "name": "coreos", "status": "active", "created_at": "2026-01-01T00:00:00Z"],
    ]

    private mutating func login(_ request: WebRequest) -> WebResponse {
        logins += 1
        guard String(decoding: request.body, as: UTF8.self).contains(FakeCloud.password) else {
            return .json(["error": ["code": 401, "message": "The request needs authentication."]], status: 401)
        }
        let token = "token-\(logins)"
        tokens.insert(token)
        let now = Date()
        let catalog = services.map { type in
            ["type": type, "endpoints": [["interface": "public", "region_id": "One", "url": "\(base)/\(type)"]]]
                as [String: Any]
        }
        let body: [String: Any] = [
            "issued_at": now.formatted(.iso8601), "expires_at": (now + Double(tokenSeconds)).formatted(.iso8601),
            "project": ["id": "p1", "name": "shop"], "roles": [["name": isAdmin ? "admin" : "member"]],
            "catalog": catalog,
        ]
        return .json(["token": body], status: 201, headers: ["X-Subject-Token": token])
    }

    private func list(_ request: WebRequest) -> WebResponse {
        if request.query["all_tenants"] != nil, !isAdmin { return .no(403, "Policy doesn't allow that.") }
        var found = vms
        if let since = request.query["changes-since"].flatMap({ try? Date($0, strategy: .iso8601) }) {
            found = found.filter { $0.updated >= since }
        } else {
            found = found.filter { $0.status != "DELETED" }
        }
        if let name = request.query["name"], let pattern = try? Regex(name) {
            found = found.filter { $0.name.contains(pattern) }
        }
        if let marker = request.query["marker"], let at = found.firstIndex(where: { $0.id == marker }) {
            found = Array(found[(at + 1)...])
        }
        let limit = min(request.query["limit"].flatMap { Int($0) } ?? pageMax, pageMax)
        let page = found.prefix(limit)
        var answer: [String: Any] = ["servers": page.map { $0.json(isAdmin: isAdmin) }]
        if found.count > limit, let last = page.last {
            var query = request.query
            query["marker"] = last.id
            let text = query.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
            // Another host on purpose: only the query of a link counts.
            answer["servers_links"] = [["rel": "next", "href": "http://192.0.2.1:1/evil/servers/detail?\(text)"]]
        }
        return .json(answer)
    }

    private mutating func create(_ request: WebRequest) -> WebResponse {
        let json = (try? JSONSerialization.jsonObject(with: Data(request.body))) as? [String: Any]
        guard let server = json?["server"] as? [String: Any], let name = server["name"] as? String else {
            return .no(400, "Invalid input")
        }
        let id = "new-\(vms.count + 1)"
        vms.append(
            FakeVM(id: id, name: name, status: "BUILD", metadata: server["metadata"] as? [String: String] ?? [:]))
        return .json(["server": ["id": id]], status: 202)
    }

    private func hypervisors(_ request: WebRequest) -> WebResponse {
        guard isAdmin else { return .no(403, "Policy doesn't allow that.") }
        let hasSizes = request.headers["openstack-api-version"].map { $0 <= "compute 2.87" } ?? true
        return .json([
            "hypervisors": servers.enumerated().map { number, server in
                var json: [String: Any] = [
                    "id": "h\(number)", "hypervisor_hostname": server.name, "state": server.state, "status": "enabled",
                    "service": ["host": server.name],
                ]
                if hasSizes {
                    json.merge(["vcpus": 64, "vcpus_used": 1, "memory_mb": 1_024, "memory_mb_used": 512]) { $1 }
                }
                return json
            }
        ])
    }

    private mutating func other(_ request: WebRequest) -> WebResponse {
        let path = request.path
        if path.first == "placement", path.last == "inventories" {
            return .json(["inventories": ["VCPU": ["total": 32], "MEMORY_MB": ["total": 2_048]]])
        }
        if path.first == "placement", path.last == "usages" { return .json(["usages": ["VCPU": 3, "MEMORY_MB": 700]]) }
        if path.last == "os-instance-actions" { return .json(["instanceActions": actions]) }
        guard path.count == 5 || path.count == 4, path[2] == "servers",
            let at = vms.firstIndex(where: { $0.id == path[3] })
        else { return .no(404, "no such thing") }
        if request.method == "DELETE" {
            vms[at].status = "DELETED"
            vms[at].updated = Date()
            return WebResponse(status: 204)
        }
        let body = String(decoding: request.body, as: UTF8.self)
        if body.contains("os-getConsoleOutput") { return .json(["output": "boot\n\u{1B}]0;evil\u{7}\nlogin: "]) }
        return WebResponse(status: 202)
    }
}
