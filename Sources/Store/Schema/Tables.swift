/// The tables of the original, as far as they are used here, with our own columns at the end.
///
/// Times are ISO 8601 text in UTC; rows written by SQLite's own default look like `2026-01-31 12:00:00`.
enum Tables {
    static let all = [
        connections, nodes, combos, apiKeys, keyValue, meta, comboMappings, usageHistory, callLogs, auditLog,
        lockouts, deniedSessions, usageTotals, reasoning,
    ]

    private static let now = "TEXT NOT NULL DEFAULT (datetime('now'))"

    static let connections = TableDefinition(
        "provider_connections",
        [
            ("id", "TEXT PRIMARY KEY"), ("provider", "TEXT NOT NULL"), ("auth_type", "TEXT"), ("name", "TEXT"),
            ("email", "TEXT"), ("priority", "INTEGER DEFAULT 0"), ("is_active", "INTEGER DEFAULT 1"),
            ("access_token", "TEXT"), ("refresh_token", "TEXT"), ("expires_at", "TEXT"),
            ("token_expires_at", "TEXT"), ("scope", "TEXT"), ("project_id", "TEXT"), ("test_status", "TEXT"),
            ("error_code", "TEXT"), ("last_error", "TEXT"), ("last_error_at", "TEXT"), ("last_error_type", "TEXT"),
            ("last_error_source", "TEXT"), ("backoff_level", "INTEGER DEFAULT 0"), ("rate_limited_until", "TEXT"),
            ("health_check_interval", "INTEGER"), ("last_health_check_at", "TEXT"), ("last_tested", "TEXT"),
            ("api_key", "TEXT"), ("id_token", "TEXT"), ("provider_specific_data", "TEXT"),
            ("expires_in", "INTEGER"), ("display_name", "TEXT"), ("global_priority", "INTEGER"),
            ("default_model", "TEXT"), ("token_type", "TEXT"), ("consecutive_use_count", "INTEGER DEFAULT 0"),
            ("rate_limit_protection", "INTEGER DEFAULT 0"), ("last_used_at", "TEXT"), ("group", "TEXT"),
            ("max_concurrent", "INTEGER"), ("quota_window_thresholds_json", "TEXT"), ("created_at", "TEXT NOT NULL"),
            ("updated_at", "TEXT NOT NULL"),
        ],
        indexes: [
            "CREATE INDEX IF NOT EXISTS idx_pc_provider_priority ON provider_connections(provider, priority)"
        ]
    )

    static let nodes = TableDefinition(
        "provider_nodes",
        [
            ("id", "TEXT PRIMARY KEY"), ("type", "TEXT NOT NULL"), ("name", "TEXT NOT NULL"), ("prefix", "TEXT"),
            ("api_type", "TEXT"), ("base_url", "TEXT"), ("created_at", "TEXT NOT NULL"),
            ("updated_at", "TEXT NOT NULL"), ("chat_path", "TEXT"), ("models_path", "TEXT"),
        ]
    )

    static let combos = TableDefinition(
        "combos",
        [
            ("id", "TEXT PRIMARY KEY"), ("name", "TEXT NOT NULL UNIQUE"), ("data", "TEXT NOT NULL"),
            ("sort_order", "INTEGER NOT NULL DEFAULT 0"), ("created_at", "TEXT NOT NULL"),
            ("updated_at", "TEXT NOT NULL"), ("system_message", "TEXT"), ("tool_filter_regex", "TEXT"),
            ("context_cache_protection", "INTEGER DEFAULT 0"),
        ]
    )

    static let apiKeys = TableDefinition(
        "api_keys",
        [
            // `key` keeps its rule of the original; it holds a mark made of the digest, never the key.
            ("id", "TEXT PRIMARY KEY"), ("name", "TEXT NOT NULL"), ("key", "TEXT NOT NULL UNIQUE"),
            ("machine_id", "TEXT"), ("allowed_models", "TEXT DEFAULT '[]'"),
            ("no_log", "INTEGER NOT NULL DEFAULT 0"), ("created_at", "TEXT NOT NULL"), ("revoked_at", "TEXT"),
            ("expires_at", "TEXT"), ("last_used_at", "TEXT"), ("key_prefix", "TEXT"), ("ip_allowlist", "TEXT"),
            ("scopes", "TEXT"), ("allowed_connections", "TEXT"), ("auto_resolve", "INTEGER NOT NULL DEFAULT 0"),
            ("is_active", "INTEGER NOT NULL DEFAULT 1"), ("access_schedule", "TEXT"),
            ("max_requests_per_day", "INTEGER"), ("max_requests_per_minute", "INTEGER"),
            ("max_sessions", "INTEGER NOT NULL DEFAULT 0"), ("rate_limits", "TEXT"),
            ("is_banned", "INTEGER NOT NULL DEFAULT 0"), ("key_hash", "TEXT"),
            ("key_digest", "TEXT"), ("key_last4", "TEXT"), ("key_sealed", "TEXT"),
            ("stream_continuation", "TEXT"), ("tool_call_guard", "TEXT"),
        ],
        indexes: ["CREATE UNIQUE INDEX IF NOT EXISTS omni_api_keys_digest ON api_keys(key_digest)"]
    )

    static let keyValue = TableDefinition(
        "key_value",
        [("namespace", "TEXT NOT NULL"), ("key", "TEXT NOT NULL"), ("value", "TEXT NOT NULL")],
        constraints: ["PRIMARY KEY (namespace, key)"]
    )

    static let meta = TableDefinition("db_meta", [("key", "TEXT PRIMARY KEY"), ("value", "TEXT")])

    static let comboMappings = TableDefinition(
        "model_combo_mappings",
        [
            ("id", "TEXT PRIMARY KEY"), ("pattern", "TEXT NOT NULL"), ("combo_id", "TEXT NOT NULL"),
            ("priority", "INTEGER DEFAULT 0"), ("enabled", "INTEGER DEFAULT 1"), ("description", "TEXT DEFAULT ''"),
            ("created_at", "TEXT NOT NULL"), ("updated_at", "TEXT NOT NULL"),
        ],
        constraints: ["FOREIGN KEY (combo_id) REFERENCES combos(id) ON DELETE CASCADE"]
    )

    static let usageHistory = TableDefinition(
        "usage_history",
        [
            ("id", "INTEGER PRIMARY KEY"), ("provider", "TEXT"), ("model", "TEXT"), ("connection_id", "TEXT"),
            ("api_key_id", "TEXT"), ("api_key_name", "TEXT"), ("tokens_input", "INTEGER DEFAULT 0"),
            ("tokens_output", "INTEGER DEFAULT 0"), ("tokens_cache_read", "INTEGER DEFAULT 0"),
            ("tokens_cache_creation", "INTEGER DEFAULT 0"), ("tokens_reasoning", "INTEGER DEFAULT 0"),
            ("service_tier", "TEXT DEFAULT 'standard'"), ("status", "TEXT"), ("success", "INTEGER DEFAULT 1"),
            ("latency_ms", "INTEGER DEFAULT 0"), ("ttft_ms", "INTEGER DEFAULT 0"), ("error_code", "TEXT"),
            ("timestamp", "TEXT NOT NULL"),
            ("request_id", "TEXT"), ("cost_usd", "REAL"), ("estimated", "INTEGER DEFAULT 0"),
            ("requested_model", "TEXT"), ("combo_name", "TEXT"), ("source_format", "TEXT"),
            ("target_format", "TEXT"), ("stream", "INTEGER DEFAULT 0"),
        ],
        indexes: [
            // New rows go to its end, however random their ids are; finds rows by time as well.
            "CREATE UNIQUE INDEX IF NOT EXISTS omni_usage_record ON usage_history(timestamp, request_id)"
        ]
    )

    static let callLogs = TableDefinition(
        "call_logs",
        [
            ("id", "TEXT PRIMARY KEY"), ("timestamp", "TEXT NOT NULL"), ("method", "TEXT"), ("path", "TEXT"),
            ("status", "INTEGER"), ("model", "TEXT"), ("requested_model", "TEXT"), ("provider", "TEXT"),
            ("account", "TEXT"), ("connection_id", "TEXT"), ("duration", "INTEGER DEFAULT 0"),
            ("tokens_in", "INTEGER DEFAULT 0"), ("tokens_out", "INTEGER DEFAULT 0"),
            ("tokens_cache_read", "INTEGER"), ("tokens_cache_creation", "INTEGER"), ("tokens_reasoning", "INTEGER"),
            ("cache_source", "TEXT DEFAULT 'upstream'"), ("request_type", "TEXT"), ("source_format", "TEXT"),
            ("target_format", "TEXT"), ("api_key_id", "TEXT"), ("api_key_name", "TEXT"), ("combo_name", "TEXT"),
            ("combo_step_id", "TEXT"), ("combo_execution_key", "TEXT"), ("error_summary", "TEXT"),
            ("detail_state", "TEXT DEFAULT 'none'"), ("artifact_relpath", "TEXT"),
            ("artifact_size_bytes", "INTEGER"), ("artifact_sha256", "TEXT"),
            ("has_request_body", "INTEGER DEFAULT 0"), ("has_response_body", "INTEGER DEFAULT 0"),
            ("has_pipeline_details", "INTEGER DEFAULT 0"), ("request_summary", "TEXT"),
            ("tokens_compressed", "INTEGER"),
            ("cost_usd", "REAL"), ("estimated", "INTEGER DEFAULT 0"),
        ],
        indexes: [
            "CREATE INDEX IF NOT EXISTS idx_call_logs_timestamp ON call_logs(timestamp)",
            // Successes, which are most rows, cost nothing here.
            """
            CREATE INDEX IF NOT EXISTS omni_call_logs_errors ON call_logs(timestamp)
              WHERE status >= 400 OR error_summary IS NOT NULL
            """,
        ]
    )

    static let auditLog = TableDefinition(
        "audit_log",
        [
            ("id", "INTEGER PRIMARY KEY"), ("timestamp", now), ("action", "TEXT NOT NULL"),
            ("actor", "TEXT NOT NULL DEFAULT 'system'"), ("target", "TEXT"), ("details", "TEXT"),
            ("ip_address", "TEXT"), ("resource_type", "TEXT"), ("status", "TEXT"), ("request_id", "TEXT"),
            ("metadata", "TEXT"),
            ("chain", "TEXT"),
        ],
        indexes: [
            "CREATE INDEX IF NOT EXISTS idx_audit_log_timestamp ON audit_log(timestamp)",
            "CREATE INDEX IF NOT EXISTS idx_audit_log_action ON audit_log(action)",
        ]
    )

    static let lockouts = TableDefinition(
        "domain_lockout_state",
        [("identifier", "TEXT PRIMARY KEY"), ("attempts", "TEXT NOT NULL"), ("locked_until", "INTEGER")]
    )

    /// Sessions that were ended before their time.
    static let deniedSessions = TableDefinition(
        "omni_denied_sessions",
        [("jti", "TEXT PRIMARY KEY"), ("expires_at", "INTEGER NOT NULL")]
    )

    /// Reasoning of answers for clients that do not send it back: the digests that it is known by, one after the other.
    static let reasoning = TableDefinition(
        "omni_reasoning",
        [
            ("id", "INTEGER PRIMARY KEY AUTOINCREMENT"), ("keys", "BLOB NOT NULL"), ("value", "TEXT NOT NULL"),
            ("expires_at", "INTEGER NOT NULL"),
        ]
    )

    /// Sums over `usage_history` by day, so that totals do not read every row.
    ///
    /// Kept up to date with each new row.
    static let usageTotals = TableDefinition(
        "omni_usage_totals",
        [
            ("day", "TEXT NOT NULL"), ("provider", "TEXT NOT NULL"), ("model", "TEXT NOT NULL"),
            ("connection_id", "TEXT NOT NULL"), ("api_key_id", "TEXT NOT NULL"), ("api_key_name", "TEXT NOT NULL"),
            ("requests", "INTEGER NOT NULL"), ("tokens_input", "INTEGER NOT NULL"),
            ("tokens_output", "INTEGER NOT NULL"), ("cost_usd", "REAL NOT NULL"),
            ("unknown_costs", "INTEGER NOT NULL"), ("last_used", "TEXT NOT NULL"),
        ],
        constraints: ["PRIMARY KEY (day, provider, model, connection_id, api_key_id, api_key_name)"]
    )
}
