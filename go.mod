module masque

go 1.27.4
