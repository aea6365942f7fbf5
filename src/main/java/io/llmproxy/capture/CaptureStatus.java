package io.llmproxy.capture;

import org.jspecify.annotations.Nullable;

/**
 * How it does.
 *
 * @param written records that are in files
 * @param dropped records that are not, because too many waited or because the disk took none
 * @param memory bytes of bodies that wait to be written
 * @param error why nothing can be written at the moment; null if it can
 */
public record CaptureStatus(
        long written, long dropped, long memory, @Nullable String error) {}
