-- What is captured, by service, instrumentation scope and vocabulary: of how many spans we know what. For `doctor`.
SELECT
    service,
    scope,
    vocabulary,
    count(*) AS spans,
    count(DISTINCT trace_id) AS traces,
    count(*) FILTER (kind <> 'other') AS with_kind,
    count(agent) AS with_agent,
    count(*) FILTER (kind = 'agent') AS agents,
    count(agent) FILTER (kind = 'agent') AS agents_named,
    count(*) FILTER (kind = 'model_call') AS model_calls,
    count(coalesce(response_model, request_model)) FILTER (kind = 'model_call') AS model_calls_with_model,
    count(coalesce(input_tokens, output_tokens)) FILTER (kind = 'model_call') AS model_calls_with_tokens,
    count(finish_reason) FILTER (kind = 'model_call') AS model_calls_with_finish_reason,
    count(*) FILTER (kind = 'tool') AS tool_calls,
    count(tool) FILTER (kind = 'tool') AS tool_calls_named,
    count(tool_call_id) FILTER (kind = 'tool') AS tool_calls_with_id,
    count(*) FILTER (kind = 'decision') AS decisions,
    count(run_key) AS with_run_key,
    count(session_id) AS with_session,
    count(*) FILTER (status = 'error') AS errors,
    count(*) FILTER (end_ns = 0) AS pending
FROM spans
GROUP BY service, scope, vocabulary
ORDER BY spans DESC, service, scope, vocabulary
