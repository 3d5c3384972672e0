package com.runspace.models;

/**
 * One way to buy a model's tokens.
 *
 * @param provider the configured provider's name
 * @param model the provider's own id of the model
 */
public record Route(String provider, String model) {}
