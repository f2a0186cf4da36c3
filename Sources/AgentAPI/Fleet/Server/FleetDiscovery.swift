/// The description of fleet's API that programs build themselves from.
///
/// - Source: Google's discovery format, as fleet 1.0 fills it. Its `rootUrl` is of no use on purpose: who reads it puts
///   the endpoint there.
enum FleetDiscovery {
    static let document = #"""
        {
          "kind": "discovery#restDescription",
          "discoveryVersion": "v1",
          "id": "fleet:v1",
          "name": "schema",
          "version": "v1",
          "title": "fleet API",
          "description": "Units of a cluster and the machines they run on.",
          "documentationLink": "",
          "protocol": "rest",
          "icons": {"x16": "", "x32": ""},
          "labels": [],
          "baseUrl": "$ENDPOINT/fleet/v1/",
          "basePath": "/fleet/v1/",
          "rootUrl": "$ENDPOINT/",
          "servicePath": "fleet/v1/",
          "batchPath": "batch",
          "parameters": {},
          "auth": {},
          "schemas": {
            "Machine": {
              "id": "Machine", "type": "object",
              "properties": {
                "id": {"type": "string", "required": true},
                "primaryIP": {"type": "string"},
                "metadata": {"type": "object", "additionalProperties": {"type": "string"}}
              }
            },
            "MachinePage": {
              "id": "MachinePage", "type": "object",
              "properties": {
                "machines": {"type": "array", "items": {"$ref": "Machine"}, "required": true},
                "nextPageToken": {"type": "string"}
              }
            },
            "UnitOption": {
              "id": "UnitOption", "type": "object",
              "properties": {
                "section": {"type": "string", "required": true},
                "name": {"type": "string", "required": true},
                "value": {"type": "string", "required": true}
              }
            },
            "Unit": {
              "id": "Unit", "type": "object",
              "properties": {
                "name": {"type": "string"},
                "options": {"type": "array", "items": {"$ref": "UnitOption"}},
                "desiredState": {"type": "string", "enum": ["inactive", "loaded", "launched"]},
                "currentState": {"type": "string", "enum": ["inactive", "loaded", "launched"]},
                "machineID": {"type": "string", "required": true}
              }
            },
            "UnitPage": {
              "id": "UnitPage", "type": "object",
              "properties": {
                "units": {"type": "array", "items": {"$ref": "Unit"}, "required": true},
                "nextPageToken": {"type": "string"}
              }
            },
            "UnitState": {
              "id": "UnitState", "type": "object",
              "properties": {
                "name": {"type": "string"},
                "hash": {"type": "string"},
                "machineID": {"type": "string"},
                "systemdLoadState": {"type": "string"},
                "systemdActiveState": {"type": "string"},
                "systemdSubState": {"type": "string"}
              }
            },
            "UnitStatePage": {
              "id": "UnitStatePage", "type": "object",
              "properties": {
                "states": {"type": "array", "items": {"$ref": "UnitState"}, "required": true},
                "nextPageToken": {"type": "string"}
              }
            }
          },
          "resources": {
            "Machines": {
              "methods": {
                "List": {
                  "id": "fleet.Machine.List", "description": "A page of the machines.",
                  "httpMethod": "GET", "path": "machines",
                  "parameters": {"nextPageToken": {"type": "string", "location": "query"}},
                  "response": {"$ref": "MachinePage"}
                }
              }
            },
            "Units": {
              "methods": {
                "List": {
                  "id": "fleet.Unit.List", "description": "A page of the units.",
                  "httpMethod": "GET", "path": "units",
                  "parameters": {"nextPageToken": {"type": "string", "location": "query"}},
                  "response": {"$ref": "UnitPage"}
                },
                "Get": {
                  "id": "fleet.Unit.Get", "description": "One unit.",
                  "httpMethod": "GET", "path": "units/{unitName}", "parameterOrder": ["unitName"],
                  "parameters": {"unitName": {"type": "string", "location": "path", "required": true}},
                  "response": {"$ref": "Unit"}
                },
                "Delete": {
                  "id": "fleet.Unit.Delete", "description": "Forget a unit.",
                  "httpMethod": "DELETE", "path": "units/{unitName}", "parameterOrder": ["unitName"],
                  "parameters": {"unitName": {"type": "string", "location": "path", "required": true}}
                },
                "Set": {
                  "id": "fleet.Unit.Set", "description": "Store a unit, or say what is wanted of it.",
                  "httpMethod": "PUT", "path": "units/{unitName}", "parameterOrder": ["unitName"],
                  "parameters": {"unitName": {"type": "string", "location": "path", "required": true}},
                  "request": {"$ref": "Unit"}
                }
              }
            },
            "UnitState": {
              "methods": {
                "Get": {
                  "id": "fleet.UnitState.Get", "description": "The state of one unit.",
                  "httpMethod": "GET", "path": "state/{unitName}", "parameterOrder": ["unitName"],
                  "parameters": {"unitName": {"type": "string", "location": "path", "required": true}},
                  "response": {"$ref": "UnitState"}
                },
                "List": {
                  "id": "fleet.UnitState.List", "description": "A page of the states of units.",
                  "httpMethod": "GET", "path": "state",
                  "parameters": {
                    "nextPageToken": {"type": "string", "location": "query"},
                    "unitName": {"type": "string", "location": "query"},
                    "machineID": {"type": "string", "location": "query"}
                  },
                  "response": {"$ref": "UnitStatePage"}
                }
              }
            }
          }
        }

        """#
}
