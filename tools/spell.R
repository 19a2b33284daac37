# Words that neither the dictionary nor inst/WORDLIST has fail the run.
misspelt <- spelling::spell_check_package()
print(misspelt)
quit(status = as.integer(nrow(misspelt) > 0))
