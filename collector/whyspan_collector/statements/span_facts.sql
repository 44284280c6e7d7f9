-- What the grouping needs of the affected spans, in the order of SpanFacts.
SELECT
    trace_id, span_id, parent_span_id, name, kind, run_key, linked_spans, start_ns, end_ns, status, service,
    environment, vocabulary, agent, session_id, user_id, tags, coalesce(response_model, request_model), provider,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost, content_hash, arrived_ns,
    CASE WHEN kind = 'tool' THEN [tool, tool_call_id, scope, otel_kind] END,
    kind = 'step' AND coalesce(operation IN (
        'create_agent', 'initialize', 'ping', 'tools/list', 'resources/list', 'prompts/list',
        'notifications/initialized', 'notifications/cancelled', 'notifications/progress'
    ), false)
FROM spans
SEMI JOIN affected USING (trace_id)
WHERE arrived_ns BETWEEN $first AND $last
